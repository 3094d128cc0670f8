package io.fairlead.testkit.tidy;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.ArrayTypeTree;
import com.sun.source.tree.CatchTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;

/** Rules on what code does. Stateless. */
final class CodeRules {
  private static final int MAX_METHOD_LINES = 60;
  private static final Pattern SLEEP =
      Pattern.compile("(Thread|(TimeUnit\\.)?(NANO|MICRO|MILLI)?SECONDS)\\.sleep");
  private static final Set<String> PROCESS_WIDE = Set.of("System.out", "System.err", "System.exit");
  private static final Set<String> TERMINAL_MODULES = Set.of("cli", "demo");

  private CodeRules() {}

  static List<Finding> longMethods(JavaSource source) {
    var findings = new ArrayList<Finding>();
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitMethod(MethodTree method, Void unused) {
        int lines = source.lastLine(method) - source.firstLine(method) + 1;
        if (lines > MAX_METHOD_LINES) {
          var message = "%s: %d lines, at most %d";
          findings.add(
              source.finding(method, message.formatted(method.getName(), lines, MAX_METHOD_LINES)));
        }
        return super.visitMethod(method, unused);
      }
    }.scan(source.tree(), null);
    return findings;
  }

  static List<Finding> emptyCatches(JavaSource source) {
    var findings = new ArrayList<Finding>();
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitCatch(CatchTree handler, Void unused) {
        if (handler.getBlock().getStatements().isEmpty()) {
          var type = handler.getParameter().getType();
          findings.add(source.finding(handler, "empty catch of " + type));
        }
        return super.visitCatch(handler, unused);
      }
    }.scan(source.tree(), null);
    return findings;
  }

  static List<Finding> sleepsInTests(JavaSource source) {
    var findings = new ArrayList<Finding>();
    if (source.file().isTest()) {
      new TreeScanner<Void, Void>() {
        @Override
        public Void visitMethodInvocation(MethodInvocationTree call, Void unused) {
          if (SLEEP.matcher(call.getMethodSelect().toString()).matches()) {
            findings.add(source.finding(call, "a test waits for a condition, never for time"));
          }
          return super.visitMethodInvocation(call, unused);
        }
      }.scan(source.tree(), null);
    }
    return findings;
  }

  /**
   * Only commands own the terminal and the process, and mains that a test starts as a child. A test
   * may print, such as the seed that repeats it.
   */
  static List<Finding> processWide(JavaSource source) {
    if (TERMINAL_MODULES.contains(source.file().module()) || isProgramOfTests(source)) {
      return List.of();
    }
    var forbidden = source.file().isTest() ? Set.of("System.exit") : PROCESS_WIDE;
    var findings = new ArrayList<Finding>();
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitMemberSelect(MemberSelectTree select, Void unused) {
        var name = select.toString();
        if (forbidden.contains(name) || name.endsWith(".printStackTrace")) {
          findings.add(source.finding(select, name + ": log, throw or return instead"));
        }
        return super.visitMemberSelect(select, unused);
      }
    }.scan(source.tree(), null);
    return findings;
  }

  static List<Finding> disabledTests(JavaSource source) {
    var findings = new ArrayList<Finding>();
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitAnnotation(AnnotationTree annotation, Void unused) {
        if (annotation.getAnnotationType().toString().endsWith("Disabled")) {
          findings.add(source.finding(annotation, "repair or delete the test"));
        }
        return super.visitAnnotation(annotation, unused);
      }
    }.scan(source.tree(), null);
    return findings;
  }

  /** A public static that can change, be it the field or the elements of its array. */
  static List<Finding> publicMutableStatics(JavaSource source) {
    var findings = new ArrayList<Finding>();
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitClass(ClassTree type, Void unused) {
        boolean constants = type.getKind() == Tree.Kind.INTERFACE;
        for (var member : type.getMembers()) {
          if (member instanceof VariableTree field && !constants && isPublicMutableStatic(field)) {
            findings.add(source.finding(field, field.getName() + ": public, static, mutable"));
          }
        }
        return super.visitClass(type, unused);
      }
    }.scan(source.tree(), null);
    return findings;
  }

  /** A boolean in a public method says nothing at the call. */
  static List<Finding> booleanParameters(JavaSource source) {
    var findings = new ArrayList<Finding>();
    if (source.file().isTest()) {
      return findings;
    }
    new TreeScanner<Void, Void>() {
      @Override
      public Void visitClass(ClassTree type, Void unused) {
        return isPublic(type.getModifiers()) ? super.visitClass(type, unused) : null;
      }

      @Override
      public Void visitMethod(MethodTree method, Void unused) {
        for (var parameter : method.getParameters()) {
          if (isPublic(method.getModifiers()) && parameter.getType().toString().equals("boolean")) {
            var name = method.getName() + "(" + parameter.getName() + ")";
            findings.add(source.finding(parameter, name + ": take an enum or two methods"));
          }
        }
        return null;
      }
    }.scan(source.tree(), null);
    return findings;
  }

  private static boolean isPublic(ModifiersTree modifiers) {
    return modifiers.getFlags().contains(Modifier.PUBLIC);
  }

  private static boolean isPublicMutableStatic(VariableTree field) {
    var flags = field.getModifiers().getFlags();
    boolean fixed = flags.contains(Modifier.FINAL) && !(field.getType() instanceof ArrayTypeTree);
    return flags.contains(Modifier.PUBLIC) && flags.contains(Modifier.STATIC) && !fixed;
  }

  private static boolean isProgramOfTests(JavaSource source) {
    boolean ofTests = source.file().isTest() || source.file().module().equals("testkit");
    return ofTests && source.file().text().contains("static void main(String");
  }
}
