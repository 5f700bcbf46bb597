package dev.freshet.worker;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import java.io.File;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What all processes' lines leave out, whoever wrote them. */
class LogLinesTest {
    private static String line(String configuration, String message, Throwable error) throws Exception {
        var context = new LoggerContext();
        var configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(new File(configuration));
        var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        var console = (ConsoleAppender<ILoggingEvent>) root.getAppender("console");
        return new String(
                console.getEncoder().encode(new LoggingEvent("", root, Level.WARN, message, error, null)), UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"src/main/resources/logback.xml", "../webhook-ingest/src/main/resources/logback.xml"})
    void addressesOfPeopleAreLeftOutAndThoseOfServersStay(String configuration) throws Exception {
        var line = line(
                configuration,
                "failed tag=user:ada@example.com path=/users/ada%40example.com (ada@example.com)\n"
                        + "setting DATABASE_URL=postgresql://app:***@db.example.com:5432/app"
                        + " REDIS_URL=redis://:***@redis.example.com:6379/0",
                new IllegalStateException("Key (email)=(ada@example.com) is taken"));
        assertThat(line)
                .doesNotContain("ada")
                .contains(
                        "tag=user:…@… path=/users/…@… (…@…) setting",
                        "//app:***@db.example.com:5432/app",
                        "redis://:***@redis.example.com:6379/0",
                        "Key (email)=(…@…) is taken");
    }
}
