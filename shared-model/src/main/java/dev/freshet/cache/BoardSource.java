package dev.freshet.cache;

import java.util.Collection;
import java.util.List;

/** Where a board's rows come from. Each call reads what is committed when it begins, and ends before a lease does. */
public interface BoardSource {

    /** @return the best, in any order, each member once; fewer when there are no more */
    List<BoardRow> best(int count);

    /** @return those of the members that have a score, in any order */
    List<BoardRow> of(Collection<String> members);
}
