package dev.freshet.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.catalog.Place;
import dev.freshet.ingest.Envelope.Illegible;
import dev.freshet.ingest.Envelope.Legible;
import dev.freshet.testing.Samples;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EnvelopeTest {
    private static final Form NESTED =
            Form.of(Optional.of(Place.field("/meta/id")), List.of(List.of(Place.field("/event/name"))));

    @ParameterizedTest
    @CsvSource({
        "enrollment.created, 20180126171756020665195",
        "enrollment.completed, 01HXSAMPLE0000000000000001",
        "enrollment.progress, 20190131192004041953291",
        "lead.created, 01HXSAMPLE0000000000000004",
        "lesson.completed, 20191029145629636106318",
        "order.created, 20180126172320940835610",
        "quiz.attempted, 20191029145629636106318",
        "user.signup, 20180123170248040678392"
    })
    void everyPublishedSampleIsRead(String topic, String id) throws Exception {
        assertThat(read(Form.EVENT, Samples.bytes(topic))).isEqualTo(new Legible(Optional.of(id), topic));
    }

    @ParameterizedTest
    @ValueSource(strings = {"cancelled", "canceled"})
    void bothSpellingsOfCancelledAreOneTopic(String action) {
        assertThat(read("{'resource':'subscription','action':'" + action + "','id':'1'}"))
                .isEqualTo(new Legible(Optional.of("1"), "subscription.cancelled"));
    }

    @Test
    void anApplicationNamesItsTopicAsItIs() {
        assertThat(read("{'payload':{'topic':'not.this'},'topic':'seat.canceled'}"))
                .isEqualTo(new Legible(Optional.empty(), "seat.canceled"));
    }

    @Test
    void whatFollowsThePayloadIsReadToo() {
        assertThat(read("{'payload':{'id':9,'a':[{},[1]]},'action':'created','resource':'lead','id':7}"))
                .isEqualTo(new Legible(Optional.of("7"), "lead.created"));
    }

    @Test
    void anIdThatIsTooLongOrStrangeIsKnownByItsDigest() {
        for (var id : new String[] {"x".repeat(91), "1".repeat(5_000), "ä", "a b", "\\u0000", "\\ud800"}) {
            var read = (Legible) read("{'id':'" + id + "','topic':'a'}");
            assertThat(read.id()).hasValueSatisfying(text -> assertThat(text).matches("[0-9a-f]{64}"));
        }
    }

    @Test
    void aMissingIdIsNoFault() {
        assertThat(read("{'topic':'a','id':null}")).isEqualTo(new Legible(Optional.empty(), "a"));
        assertThat(read("{'topic':'a','id':''}")).isEqualTo(new Legible(Optional.empty(), "a"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "[]",
                "1",
                "'text'",
                "{",
                "{}",
                "{}{}",
                "{'topic':'a'} x",
                "{'topic':'a'",
                "{'topic':'a','payload':{]}",
                "{'topic':1}",
                "{'topic':{}}",
                "{'topic':null}",
                "{'topic':''}",
                "{'topic':'a b'}",
                "{'topic':'a:b'}",
                "{'topic':'ä'}",
                "{'resource':'enrollment'}",
                "{'resource':'enrollment','action':['created']}",
                "{'id':{},'topic':'a'}",
                "{'id':1.5,'topic':'a'}",
                "{'id':true,'topic':'a'}",
                "{'topic':'a','topic':'a'}",
                "{'id':'1','topic':'a','id':'2'}",
                "{'topic':'a',}",
                "{topic:'a'}",
                "{'topic':'a','x':NaN}"
            })
    void whatCannotBeReadIsSaidToBeUnreadable(String body) {
        assertThat(read(body)).isInstanceOf(Illegible.class);
    }

    @Test
    void theReasonTellsWhereAndNothingOfTheBody() {
        assertThat(read("{'email':'ada@example.com' 'topic'")).isEqualTo(new Illegible("not JSON at byte 27"));
    }

    @Test
    void deepAndLongBodiesAreHandled() {
        assertThat(read("{'topic':'a','payload':" + "[".repeat(100_000))).isInstanceOf(Illegible.class);
        assertThat(read("{'topic':'a','payload':'" + "x".repeat(900_000) + "'}"))
                .isInstanceOf(Legible.class);
        assertThat(read("{'topic':'a','payload':" + "1".repeat(900_000) + "}")).isInstanceOf(Legible.class);
        assertThat(read("{'topic':'" + "a".repeat(97) + "'}")).isInstanceOf(Illegible.class);
    }

    @Test
    void noBodyWhateverItsBytesMakesItThrow() throws Exception {
        var random = new Random(42);
        var sample = Samples.bytes("enrollment.created");
        for (int i = 0; i < 20_000; i++) {
            var body = Arrays.copyOf(sample, 1 + random.nextInt(sample.length));
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            }
            assertThat(read(Form.EVENT, body)).isNotNull();
            assertThat(read(NESTED, body)).isNotNull();
        }
    }

    @Test
    void aPayloadMustBeOneObject() {
        assertThat(Envelope.problem(bytes("{'a':[1],'id':{}} "))).isEmpty();
        for (var body : new String[] {"", "[]", "{},'topic':'x'", "{}}", "{'a'"}) {
            assertThat(Envelope.problem(bytes(body))).isPresent();
        }
    }

    @Test
    void aProviderSaysInHeadersWhatTheCatalogSpellsItsOwnWay() {
        var shopify = SignatureScheme.SHOPIFY.form();
        assertThat(Envelope.read(
                        bytes("{'id':820982911946154508,'topic':'a.b','action':'c'}"),
                        shopify,
                        said("X-Shopify-Topic", "Orders/partially-fulfilled", "X-Shopify-Webhook-Id", "b54557e4")))
                .isEqualTo(new Legible(Optional.of("b54557e4"), "orders.partially_fulfilled"));
        assertThat(Envelope.read(bytes("{'id':1}"), shopify, said("X-Shopify-Topic", "shop/update")))
                .isEqualTo(new Legible(Optional.empty(), "shop.update"));
    }

    @Test
    void anEventHasAnActionOrNone() {
        var github = SignatureScheme.GITHUB.form();
        var headers = said("X-GitHub-Event", "pull_request", "X-GitHub-Delivery", "72d3162e");
        assertThat(Envelope.read(bytes("{'action':'opened','id':{}}"), github, headers))
                .isEqualTo(new Legible(Optional.of("72d3162e"), "pull_request.opened"));
        assertThat(Envelope.read(bytes("{'ref':'refs/heads/main'}"), github, headers))
                .isEqualTo(new Legible(Optional.of("72d3162e"), "pull_request"));
        assertThat(Envelope.read(bytes("{'action':7}"), github, headers))
                .isEqualTo(new Illegible("/action is not a text"));
    }

    @Test
    void aTypeInTheBodyIsATopic() {
        assertThat(read(SignatureScheme.STRIPE.form(), bytes("{'id':'evt_1','type':'payment_intent.succeeded'}")))
                .isEqualTo(new Legible(Optional.of("evt_1"), "payment_intent.succeeded"));
        var standard = SignatureScheme.STANDARD.form();
        assertThat(Envelope.read(
                        bytes("{'id':'not this','type':'Contact.created'}"), standard, said("webhook-id", "msg_1")))
                .isEqualTo(new Legible(Optional.of("msg_1"), "contact.created"));
        assertThat(read(standard, bytes("{'topic':'a.b'}")))
                .isEqualTo(new Illegible("nothing says what happened: /type"));
    }

    @Test
    void fieldsAreFoundInsideOthers() {
        assertThat(read(
                        NESTED,
                        bytes("{'a':[1],'event':{'b':{'name':'no'},'name':'order:paid','n':0},'meta':{'id':7}}")))
                .isEqualTo(new Legible(Optional.of("7"), "order.paid"));
        assertThat(read(NESTED, bytes("{'event':{'name':'paid'},'meta':{'id':null}}")))
                .isEqualTo(new Legible(Optional.empty(), "paid"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'event':{'name':'a'},'event':{'name':'b'}}",
                "{'event':{'name':'a'},'event':1}",
                "{'event':{'name':'a','name':'a'}}",
                "{'event':{'name':'a'},'meta':{'id':1},'meta':{}}",
                "{'event':{'name':{'name':'a'}}}",
                "{'event':[{'name':'a'}]}",
                "{'event':'name'}",
                "{'event':{'name':''}}",
                "{'event':{'name':'a'}",
                "{'event':{'name':'a'},'meta':{'id':[1]}}",
                "{'event/name':'a'}"
            })
    void whatLeadsToAFieldMustBeClear(String body) {
        assertThat(read(NESTED, bytes(body))).isInstanceOf(Illegible.class);
    }

    private static Map<Place, String> said(String... namesAndValues) {
        var said = new HashMap<Place, String>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            said.put(new Place.Header(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return said;
    }

    private static Envelope read(String body) {
        return read(Form.EVENT, bytes(body));
    }

    private static Envelope read(Form form, byte[] body) {
        return Envelope.read(body, form, Map.of());
    }

    private static byte[] bytes(String body) {
        return body.replace('\'', '"').getBytes(UTF_8);
    }
}
