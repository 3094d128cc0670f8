package io.fairlead.traffic;

import io.fairlead.config.Cidr;
import io.fairlead.traffic.Route.ValueMatch.Sense;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One rule of authorization: it matches when each of its clauses holds. Immutable.
 *
 * @param name tells operators which policy it came from
 * @param clauses none matches every request
 */
public record AuthorizationRule(String name, List<Clause> clauses) {
  public AuthorizationRule {
    Resource.requireName(name);
    // What is said of the caller stands first, as it does on the wire.
    clauses =
        clauses.stream()
            .sorted(java.util.Comparator.comparingInt(AuthorizationRule::order))
            .toList();
  }

  /**
   * A rule on callers, methods and paths.
   *
   * @param principals SPIFFE identities of callers; empty matches everybody, also without identity
   * @param methods HTTP methods; empty matches all
   * @param paths request paths without query; empty matches all
   */
  public AuthorizationRule(
      String name,
      List<StringMatch> principals,
      List<StringMatch> methods,
      List<StringMatch> paths) {
    this(name, clauses(principals, methods, paths));
  }

  private static List<Clause> clauses(
      List<StringMatch> principals, List<StringMatch> methods, List<StringMatch> paths) {
    var clauses = new ArrayList<Clause>();
    add(clauses, new Subject.Principal(), principals);
    add(clauses, new Subject.Method(), methods);
    add(clauses, new Subject.Path(), paths);
    return clauses;
  }

  private static void add(List<Clause> clauses, Subject subject, List<StringMatch> values) {
    if (!values.isEmpty()) {
      clauses.add(new Clause.Text(subject, values, Sense.MATCHES));
    }
  }

  /**
   * The rule where the port is known: without its clauses on ports, or nothing if one of them
   * cannot hold.
   */
  Optional<AuthorizationRule> at(int port) {
    var others = new ArrayList<Clause>();
    for (var clause : clauses) {
      if (!(clause instanceof Clause.Port(var ports, var sense))) {
        others.add(clause);
      } else if (ports.contains(port) != (sense == Sense.MATCHES)) {
        return Optional.empty();
      }
    }
    return Optional.of(new AuthorizationRule(name, others));
  }

  /** One of the values must fit, or none may. Where what it is about is absent, none fits. */
  public sealed interface Clause {
    /** About a text. */
    record Text(Subject subject, List<StringMatch> values, Sense sense) implements Clause {
      public Text {
        values = requireValues(values);
      }
    }

    /** About an address. */
    record Address(End end, List<Cidr> blocks, Sense sense) implements Clause {
      public Address {
        blocks = requireValues(blocks);
      }
    }

    /** About the port that the listener stands for. */
    record Port(List<Integer> ports, Sense sense) implements Clause {
      public Port {
        ports = requireValues(ports);
      }
    }

    /** Which address. */
    enum End {
      /** The other end of the connection. */
      PEER,
      /** The client, as far as the proxies before this one are trusted to tell. */
      CLIENT
    }

    private static <T> List<T> requireValues(List<T> values) {
      if (values.isEmpty()) {
        throw new IllegalArgumentException("values: must not be empty");
      }
      return List.copyOf(values);
    }
  }

  private static int order(Clause clause) {
    return switch (clause) {
      case Clause.Text text -> text.subject.isOfCaller() ? 0 : 1;
      case Clause.Address address -> 0;
      case Clause.Port port -> 1;
    };
  }

  /** What a clause is about. */
  public sealed interface Subject {
    /** SPIFFE identity of the caller. */
    record Principal() implements Subject {}

    /** Issuer and subject of the token, with a slash between. */
    record RequestPrincipal() implements Subject {}

    /** A claim of the token, by its names from the outside in; a list has several values. */
    record Claim(List<String> path) implements Subject {
      public Claim {
        path = List.copyOf(path);
        if (path.isEmpty()) {
          throw new IllegalArgumentException("path: must not be empty");
        }
      }
    }

    /** The host that the request names; case does not count, nor a port that no value names. */
    record Host() implements Subject {}

    /** The method. */
    record Method() implements Subject {}

    /** The path without query. */
    record Path() implements Subject {}

    /** A header; the name in lower case. */
    record Header(String name) implements Subject {
      public Header {
        Resource.requireName(name);
      }
    }

    /** Whether it is about who calls, rather than about what is called. */
    default boolean isOfCaller() {
      return switch (this) {
        case Principal principal -> true;
        case RequestPrincipal principal -> true;
        case Claim claim -> true;
        case Host host -> false;
        case Method method -> false;
        case Path path -> false;
        case Header header -> false;
      };
    }
  }
}
