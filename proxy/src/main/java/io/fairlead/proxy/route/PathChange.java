package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.http1.Head;
import io.fairlead.traffic.RouteAction.PathRewrite;
import java.util.Optional;

/** How a route changes the path. Immutable. */
sealed interface PathChange {
  /** Changes the path that goes on. */
  void apply(Head head);

  /** The path that the change makes of the request's. */
  String of(String path);

  record Keep() implements PathChange {
    @Override
    public void apply(Head head) {}

    @Override
    public String of(String path) {
      return path;
    }
  }

  record Replace(byte[] path) implements PathChange {
    @Override
    public void apply(Head head) {
      head.replacePath(path, head.pathTo() - head.pathFrom());
    }

    @Override
    public String of(String ignored) {
      return new String(path, UTF_8);
    }
  }

  /**
   * Puts another prefix in the place of the one that matched.
   *
   * @param prefix without a slash at its end
   * @param matchedLength octets of the path that go
   */
  record ReplacePrefix(byte[] prefix, int matchedLength) implements PathChange {
    private static final byte[] ROOT = {'/'};

    @Override
    public void apply(Head head) {
      boolean nothingLeft = head.pathTo() - head.pathFrom() == matchedLength;
      head.replacePath(nothingLeft && prefix.length == 0 ? ROOT : prefix, matchedLength);
    }

    @Override
    public String of(String path) {
      String changed = new String(prefix, UTF_8) + path.substring(matchedLength);
      return changed.isEmpty() ? "/" : changed;
    }
  }

  /** The change for requests of which a route's match has used up some octets. */
  static PathChange of(Optional<PathRewrite> rewrite, int matchedLength) {
    return rewrite.map(change -> of(change, matchedLength)).orElseGet(Keep::new);
  }

  private static PathChange of(PathRewrite rewrite, int matchedLength) {
    return switch (rewrite) {
      case PathRewrite.ReplaceFull(var path) -> new Replace(path.getBytes(UTF_8));
      case PathRewrite.ReplacePrefix(var prefix) -> {
        String bare = prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
        yield new ReplacePrefix(bare.getBytes(UTF_8), matchedLength);
      }
    };
  }
}
