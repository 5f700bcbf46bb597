package dev.freshet.session;

import dev.freshet.cache.Codec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;

/** A session as the cache holds it. */
final class SessionCodec implements Codec<Session> {
    /** What comes first, so that another form can be told from this one. */
    private static final int FORM = 1;

    @Override
    public byte[] encode(Session session) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.writeByte(FORM);
            out.writeUTF(session.owner());
            out.writeLong(session.created().toEpochMilli());
            out.writeLong(session.expires().toEpochMilli());
            out.writeLong(session.ends().toEpochMilli());
            out.write(session.data());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    @Override
    public Session decode(byte[] content) {
        try (var in = new DataInputStream(new ByteArrayInputStream(content))) {
            if (in.readByte() != FORM) {
                throw new IllegalArgumentException("written in another form");
            }
            var owner = in.readUTF();
            var created = Instant.ofEpochMilli(in.readLong());
            var expires = Instant.ofEpochMilli(in.readLong());
            var ends = Instant.ofEpochMilli(in.readLong());
            return new Session(owner, in.readAllBytes(), created, expires, ends);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
