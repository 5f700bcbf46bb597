package dev.freshet.cache.jdbi;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jdbi.v3.core.extension.annotation.UseExtensionHandlerCustomizer;

/**
 * Makes everything under these tags a miss once what the SQL Object method wrote is committed: when the method returns,
 * or, inside a transaction, after its commit. Earlier would be wrong: a reader between the two would load the old row and
 * cache it as new. Also done when the method throws, and after a rollback, since the database may have committed
 * all the same: a commit may get no answer.
 *
 * <p>Where Redis is away the method does not fail; see {@link dev.freshet.cache.TagCache#removeSurely}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@UseExtensionHandlerCustomizer(InvalidatesCustomizer.class)
public @interface Invalidates {
    /** Such as <code>cohort:{cohortId}</code>, with placeholders as in {@link Cached}. */
    String[] value();
}
