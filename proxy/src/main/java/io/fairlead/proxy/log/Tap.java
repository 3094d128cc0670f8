package io.fairlead.proxy.log;

import io.fairlead.proxy.admin.AdminPage.Answer;
import io.fairlead.proxy.admin.AdminQuery;
import io.fairlead.proxy.exchange.Exchange;
import io.fairlead.proxy.exchange.Layer;
import io.fairlead.proxy.exchange.ResponseFlags;
import io.fairlead.proxy.exchange.Verdict;
import io.fairlead.proxy.http1.Head;
import io.fairlead.proxy.loop.SideLoop;
import io.fairlead.proxy.trace.EpochClock;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Shows requests to whoever watches, as they pass. One layer for all listeners; while nobody
 * watches a request costs one look at that. Safe for all threads.
 */
public final class Tap implements Layer {
  private static final TapSession[] NOBODY = {};

  /** Watchers at a time: each costs copies of heads. */
  private static final int MOST = 4;

  private final SideLoop side;
  private final EpochClock clock;
  private volatile TapSession[] sessions = NOBODY;

  public Tap(SideLoop side, EpochClock clock) {
    this.side = side;
    this.clock = clock;
  }

  /** A request that some sessions may want. */
  private static final class Seen {
    private final TapSession[] by;
    private final Head request;
    private @Nullable Head answer;

    Seen(TapSession[] by, Head request) {
      this.by = by;
      this.request = request;
    }
  }

  /** The admin page: a line of JSON for each request that is wanted, until there are enough. */
  public CompletionStage<Answer> answer(AdminQuery query) {
    TapSession session = new TapSession(TapRequest.of(query), side.eventLoop(), this::remove);
    if (!add(session)) {
      Answer busy = Answer.text(409, "there are " + MOST + " taps already; wait for one to end");
      return CompletableFuture.completedFuture(busy);
    }
    return CompletableFuture.completedFuture(Answer.feed("application/x-ndjson", session));
  }

  private synchronized boolean add(TapSession session) {
    TapSession[] present = sessions;
    if (present.length == MOST) {
      return false;
    }
    TapSession[] more = Arrays.copyOf(present, present.length + 1);
    more[present.length] = session;
    sessions = more;
    return true;
  }

  private synchronized void remove(TapSession session) {
    TapSession[] rest =
        Arrays.stream(sessions).filter(other -> other != session).toArray(TapSession[]::new);
    sessions = rest.length == 0 ? NOBODY : rest;
  }

  @Override
  public Verdict request(Exchange exchange, Head head) {
    TapSession[] present = sessions;
    if (present != NOBODY) {
      see(exchange, head, present);
    }
    return Verdict.PASS;
  }

  private void see(Exchange exchange, Head head, TapSession[] present) {
    TapSession[] by =
        Arrays.stream(present)
            .filter(session -> session.wanted().wants(head))
            .toArray(TapSession[]::new);
    if (by.length > 0) {
      exchange.note(this, new Seen(by, head.copy()));
    }
  }

  @Override
  public void answer(Exchange exchange, Head head) {
    if (exchange.note(this) instanceof Seen seen) {
      seen.answer = head.copy();
    }
  }

  @Override
  public void end(Exchange exchange) {
    if (exchange.note(this) instanceof Seen seen) {
      int flags = ResponseFlags.of(exchange);
      long start = clock.epochNanos(exchange.startNanos());
      for (TapSession session : seen.by) {
        if (session.wanted().wants(exchange) && session.claim()) {
          TapLine line = new TapLine(session.wanted().secrets());
          session.offer(line.of(exchange, seen.request, seen.answer, start, flags));
        }
      }
    }
  }
}
