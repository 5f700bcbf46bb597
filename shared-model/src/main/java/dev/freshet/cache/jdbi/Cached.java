package dev.freshet.cache.jdbi;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jdbi.v3.core.extension.annotation.UseExtensionHandlerCustomizer;

/**
 * Answers a SQL Object method from the cache, and runs its SQL where nothing is cached.
 *
 * <p>Placeholders are the method's parameters, by their name or that of their {@code @Bind}: {@code {id}}; or what a
 * parameter's record component or getter says: {@code {course.id}}. What the method returns must survive JSON: a record,
 * a bean, a list of them, an {@link java.util.Optional}. null and an empty Optional are cached as "there is none".
 *
 * <p>Inside a transaction the method always runs its SQL and nothing is cached: it may see what is not committed yet. A
 * transaction is known by the thread that opened its handle, so do not call the method on that handle from another one.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@UseExtensionHandlerCustomizer(CachedCustomizer.class)
public @interface Cached {
    /**
     * What the keys begin with and statistics count it under. Methods may share one where their keys never look alike;
     * another result type is best given another name.
     */
    String view();

    /** Tells the values apart, such as <code>{id}:{page}</code>; all parameters, in their order, when empty. */
    String key() default "";

    /** What invalidates a value, such as <code>course:{id}</code>; a tag whose placeholder is null is left out. */
    String[] tags() default {};

    /** One of {@link dev.freshet.cache.Ttl}'s names, or a duration such as 10m. */
    String ttl() default "MEDIUM";

    /** How long "there is none" is cached; the ttl when empty. */
    String absentFor() default "";
}
