package dev.freshet.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;

/** How values of one type are written as bytes. */
public interface Codec<V> {

    /**
     * Never called with null.
     *
     * @return at least one byte
     * @throws RuntimeException when the value cannot be written; it is then answered and not cached
     */
    byte[] encode(V value);

    /**
     * @param content what {@link #encode} wrote, perhaps in another version of the program
     * @throws RuntimeException when it cannot be understood; it is then loaded again and replaced
     */
    V decode(byte[] content);

    /** JSON by Jackson, with the modules that lie on the class path. */
    static <V> Codec<V> json(Class<V> type) {
        var mapper = JsonMapper.builder().findAndAddModules().build();
        return json(mapper, mapper.constructType(type));
    }

    /** The same for types with parameters: {@code new TypeReference<List<Course>>() {}}. */
    static <V> Codec<V> json(TypeReference<V> type) {
        var mapper = JsonMapper.builder().findAndAddModules().build();
        return json(mapper, mapper.constructType(type));
    }

    /** JSON as your own mapper writes it. */
    static <V> Codec<V> json(ObjectMapper mapper, JavaType type) {
        return new Codec<>() {
            @Override
            public byte[] encode(V value) {
                try {
                    return mapper.writerFor(type).writeValueAsBytes(value);
                } catch (JsonProcessingException e) {
                    throw new UncheckedIOException(e);
                }
            }

            @Override
            public V decode(byte[] content) {
                try {
                    V value = mapper.readValue(content, type);
                    if (value == null) {
                        throw new IllegalArgumentException("JSON null is no value of " + type);
                    }
                    return value;
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }
}
