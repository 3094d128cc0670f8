package io.fairlead.outbox;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/**
 * The least that an application's pool does: it keeps what is closed and hands it out again, the
 * latest first, without asking whether the server is still there. Safe for all threads.
 */
final class Pool {
  private final String url;
  private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();
  private final AtomicInteger lent = new AtomicInteger();
  private final AtomicInteger mostLent = new AtomicInteger();

  Pool(String url) {
    this.url = url;
  }

  DataSource source() {
    return proxy(
        DataSource.class,
        (proxy, method, arguments) -> {
          if (!method.getName().equals("getConnection")) {
            throw new UnsupportedOperationException(method.getName());
          }
          return lend();
        });
  }

  int mostLent() {
    return mostLent.get();
  }

  private Connection lend() throws SQLException {
    Connection kept = idle.pollFirst();
    Connection real = kept == null ? DriverManager.getConnection(url) : kept;
    mostLent.accumulateAndGet(lent.incrementAndGet(), Math::max);
    return proxy(
        Connection.class,
        (proxy, method, arguments) -> {
          if (!method.getName().equals("close")) {
            return call(real, method, arguments);
          }
          lent.decrementAndGet();
          if (!real.isClosed()) {
            idle.addFirst(real);
          }
          return null;
        });
  }

  private static Object call(Object real, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(Pool.class.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
