package dev.freshet.scorm;

import static javax.xml.stream.XMLStreamConstants.CDATA;
import static javax.xml.stream.XMLStreamConstants.CHARACTERS;
import static javax.xml.stream.XMLStreamConstants.DTD;
import static javax.xml.stream.XMLStreamConstants.END_ELEMENT;
import static javax.xml.stream.XMLStreamConstants.ENTITY_REFERENCE;
import static javax.xml.stream.XMLStreamConstants.SPACE;
import static javax.xml.stream.XMLStreamConstants.START_ELEMENT;

import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * Walks through a manifest that anybody may have written: no DTD and so no entities, nothing fetched from anywhere, and an end to depth,
 * elements and texts. It stands on the start of an element; {@link #children}, {@link #text} and {@link #skip} move it behind its end.
 *
 * <p>Elements and attributes have the names they have in the standards: {@code item}, {@code adlcp:masteryscore}, {@code imsss:sequencing},
 * {@code xml:base}, whatever prefixes this manifest uses.
 */
final class ManifestXml {
    static final String ADLCP_1_2 = "http://www.adlnet.org/xsd/adlcp_rootv1p2";
    static final String ADLCP_2004 = "http://www.adlnet.org/xsd/adlcp_v1p3";

    private static final Map<String, String> PREFIXES = Map.of(
            ADLCP_1_2,
            "adlcp:",
            ADLCP_2004,
            "adlcp:",
            "http://www.imsglobal.org/xsd/imsss",
            "imsss:",
            "http://www.w3.org/XML/1998/namespace",
            "xml:");

    private static final Pattern ENCODING =
            Pattern.compile("^(?:\u00ef\u00bb\u00bf)?<\\?xml[^>]*?encoding\\s*=\\s*[\"']([\\w.:-]+)");
    private static final int DEEPEST = 60;
    private static final int MOST_ELEMENTS = 50_000;
    private static final int LONGEST_TEXT = 4_096;
    private static final int MOST_KEPT = 4 << 20;

    private final XMLStreamReader reader;
    private final Set<String> namespaces = new HashSet<>();
    private String home = "";
    private int depth;
    private int elements;
    private int kept;

    /** Reads one element to behind its end. */
    interface Visitor {
        void visit(String name) throws RefusedException, InterruptedException;
    }

    private ManifestXml(XMLStreamReader reader) {
        this.reader = reader;
    }

    /** Stands on the root, whose namespace is that of all names without a prefix. */
    static ManifestXml open(byte[] bytes) throws RefusedException, InterruptedException {
        // the JDK's own, whatever else is on the class path: it is the one that was tried
        var factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try {
            var xml = new ManifestXml(factory.createXMLStreamReader(new StringReader(decode(bytes))));
            while (xml.next() != START_ELEMENT) {
                // what may stand before the root: comments and the like
            }
            return xml;
        } catch (XMLStreamException e) {
            throw new RefusedException("imsmanifest.xml must be well-formed XML, and is not: " + reason(e), e);
        }
    }

    /** The parser could do this, but writes what it cannot decode to the process' own error output. */
    private static String decode(byte[] bytes) throws RefusedException {
        var start = new String(bytes, 0, Math.min(bytes.length, 256), StandardCharsets.ISO_8859_1);
        var declared = ENCODING.matcher(start);
        boolean isUtf16 = start.startsWith("\u00fe\u00ff") || start.startsWith("\u00ff\u00fe");
        var encoding = isUtf16 ? "UTF-16" : declared.find() ? declared.group(1) : "UTF-8";
        try {
            var text = Charset.forName(encoding).newDecoder().decode(ByteBuffer.wrap(bytes));
            return text.toString().replaceFirst("^\ufeff", "");
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw new RefusedException(
                    "imsmanifest.xml must have the encoding it declares, else UTF-8, and is not "
                            + RefusedException.quote(encoding),
                    e);
        }
    }

    String name() {
        return prefix(reader.getNamespaceURI()) + reader.getLocalName();
    }

    /** Whether this namespace was declared so far. */
    boolean declares(String namespace) {
        return namespaces.contains(namespace);
    }

    /**
     * @param name in any case: SCORM 1.2 has scormtype, 2004 scormType
     * @return stripped; null when there is none, or nothing in it
     */
    @Nullable String attribute(String name) throws RefusedException {
        for (int i = 0; i < reader.getAttributeCount(); i++) {
            if ((prefix(reader.getAttributeNamespace(i)) + reader.getAttributeLocalName(i)).equalsIgnoreCase(name)) {
                return stripped(reader.getAttributeValue(i));
            }
        }
        return null;
    }

    /** Calls the visitor on each child; it must read that to behind its end. */
    void children(Visitor visitor) throws RefusedException, InterruptedException {
        for (int event = next(); event != END_ELEMENT; event = next()) {
            if (event == START_ELEMENT) {
                visitor.visit(name());
            }
        }
    }

    /** Calls the visitor on each child of this name, and skips the others. */
    void children(String wanted, Visitor visitor) throws RefusedException, InterruptedException {
        children(name -> {
            if (name.equals(wanted)) {
                visitor.visit(name);
            } else {
                skip();
            }
        });
    }

    void skip() throws RefusedException, InterruptedException {
        for (int outside = depth - 1; depth > outside; ) {
            next();
        }
    }

    /** @return what stands in the element itself, stripped; null when that is nothing */
    @Nullable String text() throws RefusedException, InterruptedException {
        var text = new StringBuilder();
        for (int event = next(); event != END_ELEMENT; event = next()) {
            switch (event) {
                case START_ELEMENT -> skip();
                case CHARACTERS, CDATA, SPACE -> append(text);
                default -> {}
            }
        }
        return stripped(text.toString());
    }

    private void append(StringBuilder text) throws RefusedException {
        if (text.length() + reader.getTextLength() > LONGEST_TEXT) {
            throw tooLong();
        }
        text.append(reader.getText());
    }

    private @Nullable String stripped(String text) throws RefusedException {
        if (text.length() > LONGEST_TEXT) {
            throw tooLong();
        }
        var stripped = keep(text.strip());
        return stripped.isEmpty() ? null : stripped;
    }

    /** Counts what is kept of the manifest and what is made of it: a short path beneath a long xml:base is a long one each time. */
    String keep(String text) throws RefusedException {
        kept += text.length();
        if (kept > MOST_KEPT) {
            throw refused("its texts and paths are longer than " + MOST_KEPT + " characters together");
        }
        return text;
    }

    private RefusedException tooLong() {
        return refused("a text must have at most " + LONGEST_TEXT + " characters");
    }

    /** A refusal that says where this stands. */
    RefusedException refused(String what) {
        return new RefusedException(
                "imsmanifest.xml, line " + reader.getLocation().getLineNumber() + ": " + what);
    }

    private int next() throws RefusedException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while it read a manifest");
        }
        try {
            int event = reader.next();
            switch (event) {
                case START_ELEMENT -> enter();
                case END_ELEMENT -> depth--;
                case DTD, ENTITY_REFERENCE ->
                    throw refused(
                            "a DTD and entities of its own are refused, leave <!DOCTYPE …> out: no manifest needs it");
                default -> {}
            }
            return event;
        } catch (XMLStreamException e) {
            throw refused("it must be well-formed XML, and is not: " + reason(e));
        }
    }

    private void enter() throws RefusedException {
        if (elements == 0) {
            var namespace = reader.getNamespaceURI();
            home = namespace == null ? "" : namespace;
        }
        if (++elements > MOST_ELEMENTS) {
            throw refused("it has more than " + MOST_ELEMENTS + " elements");
        }
        if (++depth > DEEPEST) {
            throw refused("its elements are nested deeper than " + DEEPEST);
        }
        for (int i = 0; i < reader.getNamespaceCount(); i++) {
            var namespace = reader.getNamespaceURI(i);
            if (namespace != null && PREFIXES.containsKey(namespace)) {
                namespaces.add(namespace);
            }
        }
    }

    private String prefix(@Nullable String namespace) {
        if (namespace == null || namespace.isEmpty() || namespace.equals(home)) {
            return "";
        }
        return PREFIXES.getOrDefault(namespace, "other:");
    }

    /** The parser's own sentence, which stands behind the place. */
    private static String reason(XMLStreamException e) {
        var message = String.valueOf(e.getMessage());
        return RefusedException.quote(message.substring(message.indexOf('\n') + 1));
    }
}
