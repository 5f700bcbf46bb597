package dev.freshet.catalog;

import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A front end whose pages go stale when tags change.
 *
 * @param name as in keys and metrics
 * @param instances the processes, each of which must be told, or the one Redis of {@link Type#NEXT_CACHE_HANDLER}; empty
 *     means nobody is told. Schemes are http and https, with {@code dns+} before them for every address of the host's
 *     name, or redis and rediss
 * @param secrets each of them signs, so that either side may learn a new one first; none for {@link Type#NEXT_CACHE_HANDLER}
 * @param proof where pages say how new they are; empty: they are not looked at
 * @param keyPrefix what all keys of {@link Type#NEXT_CACHE_HANDLER} begin with; empty for other types
 */
public record FrontEnd(
        String name, Type type, List<URI> instances, List<String> secrets, Optional<Proof> proof, String keyPrefix) {

    /** How the instances are told. */
    public enum Type {
        /** By signed calls to the kit's route handler. */
        NEXTJS("nextjs"),
        /** By the same calls to anything that takes them. */
        HTTP("http"),
        /** By marks in the Redis in which a cache handler of Next.js keeps the pages of all instances. */
        NEXT_CACHE_HANDLER("next-cache-handler");

        private final String text;

        Type(String text) {
            this.text = text;
        }

        /** As it stands in a catalog; empty when there is no such type. */
        public static Optional<Type> named(String text) {
            return Arrays.stream(values())
                    .filter(type -> type.text.equals(text))
                    .findFirst();
        }

        /** As it stands in a catalog. */
        @Override
        public String toString() {
            return text;
        }
    }

    /** Where a page says how new it is. */
    public sealed interface Proof {
        /** In a {@code meta} element of this name. */
        record Meta(String name) implements Proof {}

        /** In a response header of this name. */
        record Header(String name) implements Proof {}
    }

    public FrontEnd {
        instances = List.copyOf(instances);
        secrets = List.copyOf(secrets);
    }

    /** One whose pages are not looked at. */
    public FrontEnd(String name, Type type, List<URI> instances, List<String> secrets) {
        this(name, type, instances, secrets, Optional.empty(), "");
    }

    /** Leaves the secrets out. */
    @Override
    public String toString() {
        return "front end " + name + " type " + type + " instances "
                + instances.stream().map(FrontEnd::withoutLogin).toList();
    }

    private static String withoutLogin(URI address) {
        return address.getRawUserInfo() == null
                ? address.toString()
                : address.toString().replace(address.getRawUserInfo() + "@", "");
    }
}
