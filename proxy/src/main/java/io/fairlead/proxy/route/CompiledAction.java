package io.fairlead.proxy.route;

import io.fairlead.proxy.exchange.LocalReply;
import io.fairlead.proxy.exchange.MirrorTarget;
import io.fairlead.proxy.exchange.Target;
import io.fairlead.proxy.http1.HeadChanges;
import io.fairlead.proxy.loop.Loop;
import io.fairlead.traffic.RouteAction;
import java.util.List;
import java.util.Set;

/** A {@link io.fairlead.traffic.RouteAction} ready for use. Immutable. */
sealed interface CompiledAction {

  /**
   * Sends the request on.
   *
   * @param targets with their shares
   * @param mirrors what gets copies
   * @param path how the path changes
   * @param request changes of the request's head, the Host field included
   * @param response changes of the answer's head
   * @param namesHost whether the changes set the Host field
   * @param upgrades requests that may become tunnels
   */
  record Forward(
      Targets targets,
      List<Mirror> mirrors,
      PathChange path,
      HeadChanges request,
      HeadChanges response,
      boolean namesHost,
      Set<RouteAction.Upgrade> upgrades)
      implements CompiledAction {}

  /** Gets copies of a share of the requests. */
  record Mirror(MirrorTarget target, int perMillion) {}

  /** Answers with a Location that is made of the request's. */
  record Redirect(Location location) implements CompiledAction {}

  /** Answers always the same. */
  record Direct(LocalReply reply) implements CompiledAction {}

  /** Targets of which one is taken at random, in proportion to the weights. */
  final class Targets {
    private final Target[] targets;
    private final long[] cumulative;
    private final int sum;

    /**
     * @param targets at least one
     * @param weights one for each target; their sum is above 0 and below 2^31
     */
    Targets(List<Target> targets, List<Integer> weights) {
      this.targets = targets.toArray(Target[]::new);
      cumulative = new long[this.targets.length];
      long total = 0;
      for (int i = 0; i < cumulative.length; i++) {
        total += weights.get(i);
        cumulative[i] = total;
      }
      sum = Math.toIntExact(total);
    }

    Target pick(Loop loop) {
      if (targets.length == 1) {
        return targets[0];
      }
      int point = loop.random(sum);
      int i = 0;
      while (cumulative[i] <= point) {
        i++;
      }
      return targets[i];
    }
  }
}
