package dev.freshet.settings;

import java.net.URI;
import java.util.Arrays;
import java.util.regex.Pattern;

/** The forms of a Redis URL. Several hosts are more than {@code java.net.URI} takes apart. */
final class RedisUrl {
    private static final String FORMS = " must be such as redis://host:6379 or rediss://user:password@host:6380, for a"
            + " cluster redis://host1:6379,host2:6379, or for Sentinel redis-sentinel://host1:26379,host2:26379/0#mymaster";

    private static final Pattern SCHEME = Pattern.compile("rediss?(-sentinel)?");
    private static final Pattern HOST = Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(:\\d{1,5})?");
    private static final Pattern DATABASE = Pattern.compile("/?\\d{0,7}");

    private RedisUrl() {}

    /** @throws SettingException naming the setting, and never its value: it may hold a password */
    static URI require(String name, URI url) {
        var authority = url.getRawAuthority();
        var database = url.getRawPath() == null ? "" : url.getRawPath();
        if (authority == null
                || !SCHEME.matcher(String.valueOf(url.getScheme())).matches()
                || !DATABASE.matcher(database).matches()) {
            throw new SettingException(name + FORMS);
        }
        var hosts = authority.substring(authority.lastIndexOf('@') + 1).split(",", -1);
        if (!Arrays.stream(hosts).allMatch(RedisUrl::isHost)) {
            throw new SettingException(name + FORMS);
        }
        boolean isSentinel = url.getScheme().endsWith("sentinel");
        if (isSentinel && (url.getFragment() == null || url.getFragment().isEmpty())) {
            throw new SettingException(
                    name + " must end with the name that the sentinels know their master by, such as #mymaster");
        }
        if (!isSentinel && hosts.length > 1 && !database.matches("/?0?")) {
            throw new SettingException(
                    name + " must name no database where it names several hosts: a cluster has only database 0");
        }
        return url;
    }

    private static boolean isHost(String text) {
        var host = HOST.matcher(text);
        if (!host.matches()) {
            return false;
        }
        var port = host.group(2) == null ? 6379 : Integer.parseInt(host.group(2).substring(1));
        return port >= 1 && port <= 65_535;
    }
}
