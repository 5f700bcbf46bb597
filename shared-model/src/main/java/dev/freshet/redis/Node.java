package dev.freshet.redis;

import io.lettuce.core.RedisURI;

/** Where a node of a cluster is, as the cluster announces it. */
record Node(String host, int port) {

    /** @param askedHost stands for a host that the node leaves out, because it knows only its port */
    static Node announced(String host, int port, String askedHost) {
        return new Node(host.isEmpty() || host.equals("?") ? askedHost : host, port);
    }

    /** With the user, the password and the TLS of a seed. */
    RedisURI uri(RedisURI seed) {
        return RedisURI.builder(seed).withHost(host).withPort(port).build();
    }
}
