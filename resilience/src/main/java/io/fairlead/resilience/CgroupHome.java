package io.fairlead.resilience;

import io.fairlead.resilience.Cgroup.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where this process may make control groups: below its own group, as {@code cgroup} and {@code
 * mountinfo} of its directory in {@code /proc} tell (cgroups(7), proc_pid_mountinfo(5)). Immutable.
 */
final class CgroupHome {
  private static final String V2 = "";

  /** The own group by controller; version 2 under the empty name. */
  private final Map<String, Path> own;

  private CgroupHome(Map<String, Path> own) {
    this.own = own;
  }

  /** A mount of a cgroup file system: which part of the hierarchy is seen where. */
  private record Mount(String root, Path point) {
    Path of(String path) {
      boolean below = path.equals(root) || path.startsWith(root.equals("/") ? "/" : root + "/");
      String relative = below ? path.substring(root.equals("/") ? 0 : root.length()) : "";
      return point.resolve(relative.startsWith("/") ? relative.substring(1) : relative);
    }
  }

  /** Reads the files of this directory, which is {@code /proc/self} but in tests. */
  static CgroupHome of(Path process) throws IOException {
    Map<String, Mount> mounts = mounts(process.resolve("mountinfo"));
    Map<String, Path> own = new HashMap<>();
    for (String line : Files.readAllLines(process.resolve("cgroup"))) {
      String[] fields = line.split(":", 3);
      for (String controller : fields[1].split(",")) {
        Mount mount = mounts.get(controller);
        if (mount != null) {
          own.put(controller, mount.of(fields[2]));
        }
      }
    }
    return new CgroupHome(own);
  }

  /** A group of that name that does not exist yet. Version 1 is used if it has the controllers. */
  Cgroup group(String name) throws IOException {
    Path cpu = own.get("cpu");
    Path memory = own.get("memory");
    if (cpu != null && memory != null) {
      Path pids = own.get("pids");
      return new Cgroup(
          Version.V1,
          cpu.resolve(name),
          memory.resolve(name),
          pids == null ? null : pids.resolve(name));
    }
    Path unified = own.get(V2);
    if (unified == null) {
      throw new IOException(
          "no cgroup file system with the controllers cpu and memory is mounted; processes can be"
              + " bounded on Linux with cgroups alone");
    }
    Path group = parent(unified).resolve(name);
    return new Cgroup(Version.V2, group, group, group);
  }

  /**
   * The group that can have children with limits. In version 2 a group that holds processes cannot,
   * so if the own one cannot, a sibling is made.
   */
  private static Path parent(Path unified) throws IOException {
    List<String> faults = new ArrayList<>();
    Path above = unified.getParent();
    boolean siblings = above != null && Files.exists(above.resolve("cgroup.subtree_control"));
    for (Path candidate : siblings ? List.of(unified, above) : List.of(unified)) {
      String fault = enable(candidate);
      if (fault == null) {
        return candidate;
      }
      faults.add(fault);
    }
    throw new IOException(
        String.join("; ", faults)
            + "; start this process in a group of its own below the delegated one, since a group"
            + " that holds processes cannot have children with limits");
  }

  private static @Nullable String enable(Path group) {
    Path control = group.resolve("cgroup.subtree_control");
    try {
      Set<String> enabled =
          Arrays.stream(Files.readString(control).strip().split("\\s+"))
              .collect(Collectors.toSet());
      String missing =
          Stream.of("cpu", "memory", "pids")
              .filter(controller -> !enabled.contains(controller))
              .map(controller -> "+" + controller)
              .collect(Collectors.joining(" "));
      if (!missing.isEmpty()) {
        Cgroup.write(control, missing);
      }
      return null;
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  /** Lines are: id parent device root point options - type source super-options. */
  private static Map<String, Mount> mounts(Path mountinfo) throws IOException {
    Map<String, Mount> mounts = new HashMap<>();
    for (String line : Files.readAllLines(mountinfo)) {
      String[] halves = line.split(" - ", 2);
      String[] place = halves[0].split(" ");
      String[] kind = halves.length == 2 ? halves[1].split(" ") : new String[0];
      if (kind.length < 3 || place.length < 5) {
        continue;
      }
      var mount = new Mount(place[3], Path.of(place[4].replace("\\040", " ")));
      if (kind[0].equals("cgroup2")) {
        mounts.put(V2, mount);
      } else if (kind[0].equals("cgroup")) {
        for (String option : kind[2].split(",")) {
          mounts.put(option, mount);
        }
      }
    }
    return mounts;
  }
}
