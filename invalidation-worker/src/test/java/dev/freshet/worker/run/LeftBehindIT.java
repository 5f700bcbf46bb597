package dev.freshet.worker.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.model.Tag;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LeftBehindIT {
    private final Club club = new Club();

    @AfterEach
    void close() {
        club.close();
    }

    @Test
    void whatOneApplicationLeftBehindIsNotFinishedByAnotherInTheSameDatabase() throws SQLException {
        var clubs = new LeftBehind(club.database, "club");
        var shops = new LeftBehind(club.database, "shop");
        write(clubs, "cohort:3");
        write(shops, "coupon:7");
        assertThat(tags(clubs)).containsExactly("cohort:3");
        assertThat(tags(shops)).containsExactly("coupon:7");
    }

    @Test
    void whatAWorkerOfAnEarlierVersionLeftBehindIsEverybodys() throws SQLException {
        club.execute("insert into freshet.left_behind (tags, paths) values ('{cohort:3}', '{}')");
        assertThat(tags(new LeftBehind(club.database, "club"))).containsExactly("cohort:3");
        assertThat(tags(new LeftBehind(club.database, "shop"))).containsExactly("cohort:3");
    }

    private void write(LeftBehind leftBehind, String tag) throws SQLException {
        var effects = new Effects();
        effects.addTags(List.of(new Tag(tag)), Instant.now());
        try (var connection = club.database.connection()) {
            leftBehind.write(connection, effects);
        }
    }

    private static List<String> tags(LeftBehind leftBehind) {
        return leftBehind.read(Duration.ZERO).stream()
                .flatMap(row -> row.effects().tags().stream())
                .map(Tag::name)
                .toList();
    }
}
