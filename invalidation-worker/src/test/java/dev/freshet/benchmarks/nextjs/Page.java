package dev.freshet.benchmarks.nextjs;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A page of the application.
 *
 * @param path where it is
 * @param subject the tag or the path by which it is told to be old
 * @param router which of the two routers renders it; they are told by different routes
 */
record Page(String path, String subject, Router router) {
    enum Router {
        APP,
        PAGES
    }

    private static final Pattern NUMBER = Pattern.compile("data-cohort=\"(\\d+)\" data-value=\"(\\d+)\"");

    static Page dashboard() {
        return new Page("/dashboard", "dashboard", Router.APP);
    }

    static Page cohort(int cohort) {
        return new Page("/cohorts/" + cohort, "cohort:" + cohort, Router.APP);
    }

    /** The same by {@code use cache}, of the build with {@link Site#COMPONENTS} only. */
    static Page cached(int cohort) {
        return new Page("/cached/" + cohort, "cohort:" + cohort, Router.APP);
    }

    static Page legacy(int cohort) {
        return new Page("/legacy/" + cohort, "/legacy/" + cohort, Router.PAGES);
    }

    /** Every page that shows the number of this cohort, in every build. */
    static List<Page> showing(int cohort) {
        return List.of(dashboard(), cohort(cohort), legacy(cohort));
    }

    /** The numbers that a page shows, by cohort. */
    static Map<Integer, Integer> numbers(String html) {
        var numbers = new TreeMap<Integer, Integer>();
        var found = NUMBER.matcher(html);
        while (found.find()) {
            numbers.put(Integer.parseInt(found.group(1)), Integer.parseInt(found.group(2)));
        }
        return numbers;
    }
}
