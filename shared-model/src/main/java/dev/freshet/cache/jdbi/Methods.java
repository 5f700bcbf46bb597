package dev.freshet.cache.jdbi;

import java.lang.reflect.Method;

/** How error messages call a method. */
final class Methods {
    private Methods() {}

    static String name(Method method) {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName();
    }
}
