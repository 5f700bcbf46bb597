package dev.freshet.cache.jdbi;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.freshet.cache.Absent;
import dev.freshet.cache.Codec;
import dev.freshet.cache.Lifetime;
import dev.freshet.cache.TagCache;
import dev.freshet.cache.Ttl;
import dev.freshet.cache.TypedCache;
import dev.freshet.model.Tag;
import dev.freshet.settings.Durations;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.BaseStream;
import org.jdbi.v3.core.extension.AttachedExtensionHandler;
import org.jdbi.v3.core.extension.ExtensionHandler;
import org.jdbi.v3.core.extension.ExtensionHandlerCustomizer;
import org.jdbi.v3.core.extension.HandleSupplier;
import org.jdbi.v3.core.generic.GenericTypes;
import org.jdbi.v3.core.result.ResultIterable;
import org.jspecify.annotations.Nullable;

/** Looks a method's result up before it runs the method. */
public final class CachedCustomizer implements ExtensionHandlerCustomizer {
    private static final List<Class<?>> READ_ONCE = List.of(Iterator.class, BaseStream.class, ResultIterable.class);
    private static final JsonMapper JSON =
            JsonMapper.builder().findAndAddModules().build();

    /** As Jdbi makes it. */
    public CachedCustomizer() {}

    @Override
    public ExtensionHandler customize(ExtensionHandler handler, Class<?> type, Method method) {
        var reads = new CachedMethod(type, method);
        return (config, target) -> {
            reads.check(config.get(CacheConfig.class)); // fails now rather than at the first read
            var attached = handler.attachTo(config, target);
            return (AttachedExtensionHandler) (handles, arguments) -> reads.run(attached, handles, arguments);
        };
    }

    /** A method with what its annotation says. */
    private static final class CachedMethod {
        private final Method method;
        private final Cached annotation;
        private final MethodTemplate key;
        private final List<MethodTemplate> tags;
        private final Lifetime lifetime;
        private final Absent absent;
        private final Type result;
        private final boolean isOptional;
        private final Map<TagCache, TypedCache<List<@Nullable Object>, Object>> caches = new ConcurrentHashMap<>();

        CachedMethod(Class<?> type, Method method) {
            this.method = method;
            this.annotation = Objects.requireNonNull(method.getAnnotation(Cached.class));
            this.key = MethodTemplate.ofKey(method, annotation.key());
            this.tags = Arrays.stream(annotation.tags())
                    .map(text -> new MethodTemplate(method, text))
                    .toList();
            var ttl = duration(annotation.ttl());
            this.lifetime = new Lifetime(ttl, Duration.ZERO, Duration.ZERO);
            this.absent = Absent.cachedFor(annotation.absentFor().isEmpty() ? ttl : duration(annotation.absentFor()));
            var declared = GenericTypes.resolveType(method.getGenericReturnType(), type);
            var erased = GenericTypes.getErasedType(declared);
            this.isOptional = erased.equals(Optional.class);
            this.result = isOptional
                    ? GenericTypes.findGenericParameter(declared, Optional.class)
                            .orElse(Object.class)
                    : declared;
            if (erased.equals(void.class) || READ_ONCE.stream().anyMatch(once -> once.isAssignableFrom(erased))) {
                throw new IllegalArgumentException(Methods.name(method) + " cannot be cached, since it returns "
                        + erased.getSimpleName() + "; return a list");
            }
            if (method.isAnnotationPresent(Invalidates.class)) {
                throw new IllegalArgumentException(Methods.name(method) + " cannot be cached and invalidate");
            }
        }

        void check(CacheConfig config) {
            config.cache(method);
            config.claim(method, annotation.view(), key);
        }

        @Nullable Object run(AttachedExtensionHandler attached, HandleSupplier handles, Object[] arguments) throws Exception {
            var config = handles.getJdbi().getConfig(CacheConfig.class);
            if (config.inTransaction()) {
                return attached.invoke(handles, arguments);
            }
            try {
                var value = typed(config.cache(method)).wrap(Arrays.asList(arguments), key -> {
                    try {
                        return unwrap(attached.invoke(handles, arguments));
                    } catch (Exception e) {
                        throw new Thrown(e);
                    }
                });
                return isOptional ? Optional.ofNullable(value) : value;
            } catch (Uncacheable e) {
                return attached.invoke(handles, arguments);
            } catch (Thrown e) {
                throw e.thrown;
            }
        }

        private @Nullable Object unwrap(@Nullable Object result) {
            return result instanceof Optional<?> optional ? optional.orElse(null) : result;
        }

        private TypedCache<List<@Nullable Object>, Object> typed(TagCache cache) {
            return caches.computeIfAbsent(
                    cache,
                    c -> TypedCache.<List<@Nullable Object>, Object>of(
                                    c, annotation.view(), Codec.json(JSON, JSON.constructType(result)))
                            .key(arguments -> key.key(arguments.toArray()))
                            .tags(arguments -> tags(arguments.toArray()))
                            .lifetime(lifetime)
                            .absent(absent)
                            .build());
        }

        private Collection<Tag> tags(Object[] arguments) {
            return tags.stream()
                    .flatMap(template -> template.tagName(arguments).stream())
                    .map(CachedMethod::tag)
                    .toList();
        }

        private static Tag tag(String name) {
            if (!Tag.isValid(name)) {
                throw new Uncacheable();
            }
            return new Tag(name);
        }

        private Duration duration(String text) {
            return Ttl.named(text)
                    .or(() -> Durations.parse(text))
                    .filter(Duration::isPositive)
                    .orElseThrow(() -> new IllegalArgumentException(Methods.name(method) + " must be cached for "
                            + Durations.EXPECTED + ", or one of " + Arrays.toString(Ttl.values()) + ", was '" + text
                            + "'"));
        }
    }

    /** A value with one of its tags would have to do without it, so that nothing could make it old. */
    private static final class Uncacheable extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Uncacheable() {
            super("no tag can have this name");
        }
    }

    /** Carries what a method threw past a loader's signature. */
    private static final class Thrown extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Exception thrown;

        Thrown(Exception thrown) {
            super(thrown);
            this.thrown = thrown;
        }
    }
}
