package dev.freshet.cache.jdbi;

import dev.freshet.model.Tag;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.extension.AttachedExtensionHandler;
import org.jdbi.v3.core.extension.ExtensionHandler;
import org.jdbi.v3.core.extension.ExtensionHandlerCustomizer;
import org.jdbi.v3.core.extension.HandleSupplier;
import org.jdbi.v3.core.statement.Cleanable;
import org.jdbi.v3.core.transaction.TransactionException;

/** Invalidates after a method's transaction, or after the method where there is none. */
public final class InvalidatesCustomizer implements ExtensionHandlerCustomizer {
    /** As Jdbi makes it. */
    public InvalidatesCustomizer() {}

    @Override
    public ExtensionHandler customize(ExtensionHandler handler, Class<?> type, Method method) {
        var annotation = Objects.requireNonNull(method.getAnnotation(Invalidates.class));
        var templates = Arrays.stream(annotation.value())
                .map(text -> new MethodTemplate(method, text))
                .toList();
        return (config, target) -> {
            config.get(CacheConfig.class).cache(method); // fails now rather than at the first write
            var attached = handler.attachTo(config, target);
            return (AttachedExtensionHandler)
                    (handles, arguments) -> run(attached, method, templates, handles, arguments);
        };
    }

    private static Object run(
            AttachedExtensionHandler attached,
            Method method,
            List<MethodTemplate> templates,
            HandleSupplier handles,
            Object[] arguments)
            throws Exception {
        var cache = handles.getJdbi().getConfig(CacheConfig.class).cache(method);
        var tags = templates.stream()
                .flatMap(template -> template.tagName(arguments).stream())
                .filter(Tag::isValid) // no value could carry it
                .map(Tag::new)
                .toList();
        var handle = handles.getHandle();
        try {
            return attached.invoke(handles, arguments);
        } finally { // the database may have committed, whatever was thrown
            if (isInTransaction(handle)) {
                afterTransaction(handle, () -> cache.removeSurely(tags, List.of()));
            } else {
                cache.removeSurely(tags, List.of());
            }
        }
    }

    private static boolean isInTransaction(Handle handle) {
        try {
            return handle.isInTransaction();
        } catch (TransactionException e) {
            return false; // its connection is gone, and nothing will tell of a commit
        }
    }

    /**
     * Also after a rollback, or when the transaction is left without either: of a commit that got no answer Jdbi says that
     * it was rolled back, and it may have been done.
     */
    private static void afterTransaction(Handle handle, Runnable removal) {
        Cleanable whenClosed = removal::run;
        Runnable atEnd = () -> {
            handle.removeCleanable(whenClosed);
            removal.run();
        };
        handle.addCleanable(whenClosed);
        handle.afterRollback(atEnd);
        handle.afterCommit(atEnd);
    }
}
