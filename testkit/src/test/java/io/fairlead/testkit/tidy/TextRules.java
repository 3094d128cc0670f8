package io.fairlead.testkit.tidy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Rules on the lines of a file. A pattern is written so that it does not match its own text, for
 * these files are checked too. Stateless.
 */
final class TextRules {
  private static final int MAX_COLUMNS = 100;
  private static final int MAX_LINES = 500;
  private static final int MAX_TEST_LINES = 700;

  private static final Pattern UNBREAKABLE =
      Pattern.compile("^(import|package) .*|^\\s*(\\*|//).*https?://.*");
  private static final Pattern UNFINISHED = Pattern.compile("\\b(T[O]DO|FIX[M]E|X[X]X)\\b");
  private static final Pattern MACHINE_PATH = Pattern.compile("(?<![\\w.}])/(work|root)/");
  private static final Pattern PACKAGE_HOST =
      Pattern.compile(
          "(repo1?|central)\\.(maven|sonatype)\\b|registry\\.npmjs\\b|\\bpypi\\."
              + "|\\.python[h]osted\\b|proxy\\.golang\\b|static\\.crates\\b"
              + "|deb\\.debian\\b|\\b(artifactory|nexus)\\.",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern MAKING_OF =
      Pattern.compile(
          "\\bissues? #?\\d"
              + "|\\b(our|this|that|next|last|previous|earlier|later|other|another|coding)"
              + " (session|agent|helper|brief|issue)s?\\b"
              + "|\\b(sub-?agent|integrato[r])s?\\b",
          Pattern.CASE_INSENSITIVE);

  private TextRules() {}

  /** Imports, and comments that hold an address, cannot be broken. */
  static List<Finding> longLines(TextFile file) {
    var findings = new ArrayList<Finding>();
    var lines = file.lines();
    for (int i = 0; i < lines.size(); i++) {
      var line = lines.get(i);
      int columns = line.codePointCount(0, line.length());
      if (columns > MAX_COLUMNS && !UNBREAKABLE.matcher(line).matches()) {
        findings.add(file.finding(i + 1, columns + " columns, at most " + MAX_COLUMNS));
      }
    }
    return findings;
  }

  static List<Finding> longFiles(TextFile file) {
    int most = file.isTest() ? MAX_TEST_LINES : MAX_LINES;
    int count = file.lines().size();
    return count <= most
        ? List.of()
        : List.of(file.finding(count, count + " lines, at most " + most));
  }

  static List<Finding> unfinishedWork(TextFile file) {
    return matches(file, UNFINISHED, "do it, or say why it is so");
  }

  static List<Finding> machinePaths(TextFile file) {
    return matches(file, MACHINE_PATH, "a path of one machine");
  }

  static List<Finding> packageHosts(TextFile file) {
    return matches(file, PACKAGE_HOST, "a host that serves packages");
  }

  /** Words on how the project is made, which mean nothing to its readers. */
  static List<Finding> makingOf(TextFile file) {
    return matches(file, MAKING_OF, "says how this was made");
  }

  private static List<Finding> matches(TextFile file, Pattern pattern, String rule) {
    var findings = new ArrayList<Finding>();
    var lines = file.lines();
    for (int i = 0; i < lines.size(); i++) {
      var matcher = pattern.matcher(lines.get(i));
      if (matcher.find()) {
        findings.add(file.finding(i + 1, "'" + matcher.group().strip() + "': " + rule));
      }
    }
    return findings;
  }
}
