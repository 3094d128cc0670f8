package io.fairlead.testkit.tidy;

import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Rules on tests. Stateless. */
final class TestRules {
  private static final Set<String> TEST_ANNOTATIONS =
      Set.of("Test", "ParameterizedTest", "RepeatedTest", "TestFactory", "TestTemplate");
  private static final Pattern ASSERTION =
      Pattern.compile("(assert|await|verify|expect|check|fail)([A-Z].*)?|untilAsserted");

  private TestRules() {}

  /**
   * Tests that reach no assertion by name: not themselves, not by the methods of their own file.
   */
  static List<Finding> withoutAssertion(JavaSource source) {
    var calls = new HashMap<String, Set<String>>();
    var tests = new ArrayList<MethodTree>();
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitMethod(MethodTree method, Void unused) {
        var name = method.getName().toString();
        calls.computeIfAbsent(name, key -> new HashSet<>()).addAll(calledBy(method));
        if (isTest(method)) {
          tests.add(method);
        }
        return super.visitMethod(method, unused);
      }
    }.scan(source.tree(), null);
    return tests.stream()
        .filter(test -> !asserts(test.getName().toString(), calls, new HashSet<>()))
        .map(test -> source.finding(test, test.getName() + ": asserts nothing"))
        .toList();
  }

  private static boolean isTest(MethodTree method) {
    return method.getModifiers().getAnnotations().stream()
        .anyMatch(a -> TEST_ANNOTATIONS.contains(a.getAnnotationType().toString()));
  }

  private static boolean asserts(
      String method, Map<String, Set<String>> calls, Set<String> visited) {
    if (!visited.add(method)) {
      return false;
    }
    return calls.getOrDefault(method, Set.of()).stream()
        .anyMatch(name -> ASSERTION.matcher(name).matches() || asserts(name, calls, visited));
  }

  private static Set<String> calledBy(MethodTree method) {
    var names = new HashSet<String>();
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitMethodInvocation(MethodInvocationTree call, Void unused) {
        switch (call.getMethodSelect()) {
          case IdentifierTree name -> names.add(name.getName().toString());
          case MemberSelectTree select -> names.add(select.getIdentifier().toString());
          default -> throw new IllegalStateException("a call by neither name: " + call);
        }
        return super.visitMethodInvocation(call, unused);
      }

      @Override
      public Void visitMemberReference(MemberReferenceTree reference, Void unused) {
        names.add(reference.getName().toString());
        return super.visitMemberReference(reference, unused);
      }
    }.scan(method, null);
    return names;
  }
}
