package dev.freshet.worker.story;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Names the rows of a system's page, {@code docs/SYSTEM.md}, that a test walks: their first column, as it stands there. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Row {
    String[] value();

    /** Tests that walk the rest of it elsewhere, such as {@code dev.freshet.redis.SentinelIT#aMasterThatWasDeposedLosesItsSession}. */
    String[] also() default {};
}
