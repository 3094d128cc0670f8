package io.fairlead.testkit.tidy;

import com.sun.source.tree.ClassTree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Rules on names that say nothing. Stateless. */
final class NameRules {
  private static final Set<String> EMPTY_PACKAGES =
      Set.of("util", "utils", "common", "core", "helper", "helpers", "manager", "impl");
  private static final Pattern EMPTY_TYPE =
      Pattern.compile(".*Impl|Abstract[A-Z].*|.*(Util|Utils|Helper|Helpers|Manager)");

  private NameRules() {}

  static List<Finding> packages(JavaSource source) {
    var name = source.tree().getPackageName();
    if (name == null) {
      return List.of();
    }
    var findings = new ArrayList<Finding>();
    for (var part : name.toString().split("\\.")) {
      if (EMPTY_PACKAGES.contains(part)) {
        findings.add(source.finding(name, "package '" + part + "': name what is in it"));
      }
    }
    return findings;
  }

  static List<Finding> types(JavaSource source) {
    var findings = new ArrayList<Finding>();
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitClass(ClassTree type, Void unused) {
        var name = type.getSimpleName().toString();
        if (EMPTY_TYPE.matcher(name).matches()) {
          findings.add(source.finding(type, "class '" + name + "': name what it is or does"));
        }
        return super.visitClass(type, unused);
      }
    }.scan(source.tree(), null);
    return findings;
  }
}
