package dev.freshet.catalog;

import dev.freshet.model.Job;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that an application declares. Maps keep the order of the file.
 *
 * @param sites by name
 * @param views by name
 * @param events by topic; several topics may share one rule's text
 * @param changes by table
 * @param frontEnds by name
 * @param tokens who signs the tokens of users, by name
 * @param sessions how sessions are kept; empty when they are not
 * @param targets what is expected of the cache
 * @param file where it was read from, as problems print it
 * @param notes what the reader found worth saying; no errors
 */
public record Catalog(
        String application,
        Map<String, Site> sites,
        Map<String, View> views,
        Map<String, EventRule> events,
        Map<String, TableChange> changes,
        Map<String, FrontEnd> frontEnds,
        Limits limits,
        Map<String, TokenIssuer> tokens,
        Optional<SessionRules> sessions,
        Targets targets,
        String file,
        List<Problem> notes) {

    /** @return empty when the catalog says nothing about this topic, or not from this site: it is ignored */
    public Optional<EventRule> rule(String topic, String site) {
        if (site.equals(Job.CAPTURE)) {
            return topic.startsWith(TableChange.TOPIC)
                    ? Optional.ofNullable(changes.get(topic.substring(TableChange.TOPIC.length())))
                            .map(TableChange::rule)
                    : Optional.empty();
        }
        return Optional.ofNullable(events.get(topic)).filter(rule -> rule.accepts(site));
    }
}
