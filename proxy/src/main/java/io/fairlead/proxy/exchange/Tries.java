package io.fairlead.proxy.exchange;

import io.fairlead.proxy.loop.Loop;
import io.fairlead.resilience.Retry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one exchange: the first, those after failures, and those beside one that is late
 * (Dean and Barroso, The Tail at Scale, 2013). Nearly always there is one at a time. Where there
 * are several, they have sent the same whole request, the first good answer counts, and a failure
 * counts only once no other is left. Belongs to its exchange.
 */
final class Tries {
  private final Exchange exchange;
  private final AttemptLayer[] layers;

  /** The latest attempt, or the one whose answer is on its way to the client. */
  private @Nullable Attempt present;

  private @Nullable List<Attempt> rivals;
  private String lastEndpoint = "";
  private @Nullable Attempt last;
  private int count;
  private int hedges;
  private Loop.@Nullable Timer backOff;
  private Loop.@Nullable Timer hedge;

  Tries(Exchange exchange, AttemptLayer[] layers) {
    this.exchange = exchange;
    this.layers = layers;
  }

  /** Attempts made so far. */
  int count() {
    return count;
  }

  /** The latest attempt, or the one whose answer is taken; or null. */
  @Nullable Attempt present() {
    return present;
  }

  /** The attempt that ended last, or null. */
  @Nullable Attempt last() {
    return last;
  }

  /** The way to the endpoint of the present attempt, or null. */
  @Nullable UpstreamStream stream() {
    return present == null ? null : present.stream();
  }

  /** Whether there is an attempt. */
  boolean isUnderWay() {
    return present != null;
  }

  /** Makes an attempt, after a time if it is above 0. */
  void make(long waitNanos) {
    if (waitNanos == 0) {
      make();
    } else {
      backOff = exchange.loop().schedule(this::make, waitNanos);
    }
  }

  private void make() {
    backOff = null;
    Attempt next = new Attempt(exchange, ++count, lastEndpoint, exchange.loop().nanos());
    present = next;
    Target.Hedging hedging = exchange.target().hedging();
    if (hedging != null && hedge == null && hedges < hedging.most()) {
      hedge = exchange.loop().schedule(this::hedge, hedging.delayNanos());
    }
    pass(next);
  }

  /** The present attempt is late: makes another one beside it, if the request allows it. */
  private void hedge() {
    hedge = null;
    Attempt late = present;
    Retry budget = exchange.target().retry();
    if (late == null || backOff != null || !exchange.mayHedge()) {
      return;
    }
    if (budget != null && !budget.tryAnother()) {
      return;
    }
    hedges++;
    if (rivals == null) {
      rivals = new ArrayList<>(1);
    }
    rivals.add(late);
    lastEndpoint = late.endpoint();
    make();
  }

  /** Leads the attempt through the layers that it has not passed yet, and to the upstream. */
  void pass(Attempt next) {
    while (next.passedLayers < layers.length) {
      switch (layers[next.passedLayers++].attempt(next)) {
        case Verdict.Pass passed -> {}
        case Verdict.Wait waits -> {
          return;
        }
        case LocalReply refused -> {
          refuse(next, refused);
          return;
        }
      }
    }
    long tryNanos = exchange.target().timeouts().tryNanos();
    if (tryNanos > 0) {
      next.limit(tryNanos);
    }
    exchange.target().upstream().open(next);
  }

  /** A layer lets the attempt not be made. */
  void refuse(Attempt refused, LocalReply answer) {
    finish(refused, Failure.CANCELLED);
    if (present == null) {
      exchange.reply(answer);
    }
  }

  /** Whether another attempt than this one is under way. */
  boolean hasOther(Attempt than) {
    return present != than || rivals != null && !rivals.isEmpty();
  }

  /** This attempt's answer is taken: the others are given up, and no more are made. */
  void take(Attempt winner) {
    stop();
    List<Attempt> all = rivals;
    if (all == null) {
      return;
    }
    if (present != null) {
      all.add(present);
    }
    all.remove(winner);
    rivals = null;
    present = winner;
    for (Attempt loser : all) {
      end(loser, Failure.CANCELLED);
    }
  }

  /** An attempt is over; {@code why} is null for an answer. */
  void finish(Attempt over, @Nullable Failure why) {
    lastEndpoint = over.endpoint();
    last = over;
    List<Attempt> others = rivals;
    if (present == over) {
      present = others == null || others.isEmpty() ? null : others.removeLast();
    } else if (others != null) {
      others.remove(over);
    }
    end(over, why);
  }

  /** Every attempt is over. */
  void finishAll(Failure why) {
    while (present != null) {
      finish(present, why);
    }
  }

  /** Every attempt is over, and this one brought an answer that is not wanted. */
  void finishAll(Failure why, Attempt answered) {
    finish(answered, null);
    finishAll(why);
  }

  /** The body of the request has been sent to its end. */
  void requestComplete() {
    if (present != null) {
      present.requestComplete();
    }
  }

  private void end(Attempt over, @Nullable Failure why) {
    UpstreamStream stream = over.stream();
    over.finish(why);
    if (why != null && stream != null) {
      stream.cancel();
    }
    for (int i = over.passedLayers - 1; i >= 0; i--) {
      layers[i].end(over);
    }
  }

  /** No more attempts are made. */
  void stop() {
    if (backOff != null) {
      backOff.cancel();
      backOff = null;
    }
    if (hedge != null) {
      hedge.cancel();
      hedge = null;
    }
  }
}
