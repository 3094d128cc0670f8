package io.fairlead.testkit.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Each rule finds what it is for, and lets pass what only looks like it. */
class RulesTest {
  private static final String MAIN = "proxy/src/main/java/io/fairlead/proxy/Sample.java";
  private static final String TEST = "proxy/src/test/java/io/fairlead/proxy/SampleTest.java";

  @Test
  void longLineIsFoundUnlessItCannotBeBroken() {
    var pad = "x".repeat(101);
    var text = "int a; // " + pad + "\nimport io." + pad + ";\n * see https://a.example/" + pad;
    assertThat(TextRules.longLines(new TextFile(MAIN, text)))
        .extracting(Finding::line)
        .containsExactly(1);
  }

  @Test
  void longFileIsFoundAndTestsMayBeLonger() {
    var text = "\n".repeat(501);
    assertThat(TextRules.longFiles(new TextFile(MAIN, text))).hasSize(1);
    assertThat(TextRules.longFiles(new TextFile(TEST, text))).isEmpty();
    assertThat(TextRules.longFiles(new TextFile(TEST, "\n".repeat(701)))).hasSize(1);
  }

  @Test
  void unfinishedWorkIsFound() {
    assertThat(words(TextRules::unfinishedWork, "// TO" + "DO later", "// FIX" + "ME")).hasSize(2);
    assertThat(words(TextRules::unfinishedWork, "the todo list", "TODOS")).isEmpty();
  }

  @Test
  void pathOfOneMachineIsFound() {
    assertThat(words(TextRules::machinePaths, "cd /" + "work/main", "'/" + "root/.m2'")).hasSize(2);
    assertThat(words(TextRules::machinePaths, "/network/a", "{base}/work/orders")).isEmpty();
  }

  @Test
  void packageHostIsFound() {
    assertThat(words(TextRules::packageHosts, "https://repo." + "maven.apache.org/maven2"))
        .hasSize(1);
    assertThat(words(TextRules::packageHosts, "http://maven.apache.org/POM/4.0.0")).isEmpty();
  }

  @Test
  void wordsOnTheMakingAreFound() {
    assertThat(words(TextRules::makingOf, "see issue" + " 3", "left to the next" + " session"))
        .hasSize(2);
    assertThat(words(TextRules::makingOf, "a TLS session", "user-agent", "issues a token"))
        .isEmpty();
  }

  @Test
  void emptyNamesAreFound() {
    assertThat(code(NameRules::packages, MAIN, "package io.fairlead.util; class A {}")).hasSize(1);
    assertThat(code(NameRules::packages, MAIN, "package io.fairlead.utility; class A {}"))
        .isEmpty();
    var types = "class AImpl { class AManager {} } class AbstractA {} class AUtils {} class I {}";
    assertThat(code(NameRules::types, MAIN, types)).hasSize(4);
  }

  @Test
  void longMethodIsFoundAtItsFirstLine() {
    var body = "\n".repeat(58);
    assertThat(code(CodeRules::longMethods, MAIN, "class A {\nvoid a() {" + body + "\n}\n}"))
        .isEmpty();
    assertThat(code(CodeRules::longMethods, MAIN, "class A {\nvoid a() {" + body + "\n\n}\n}"))
        .extracting(Finding::line)
        .containsExactly(2);
  }

  @Test
  void emptyCatchIsFoundAlsoWithAComment() {
    var source =
        """
        class A {
          void a() {
            try { b(); } catch (RuntimeException e) { }
            try { b(); } catch (RuntimeException e) {
              // so what
            }
            try { b(); } catch (RuntimeException e) { log(e); }
          }
        }
        """;
    assertThat(code(CodeRules::emptyCatches, MAIN, source))
        .extracting(Finding::line)
        .containsExactly(3, 4);
  }

  @Test
  void sleepIsFoundInTestsOnly() {
    var source = "class A { { Thread.sleep(1); TimeUnit.SECONDS.sleep(1); clock.sleep(); } }";
    assertThat(code(CodeRules::sleepsInTests, TEST, source)).hasSize(2);
    assertThat(code(CodeRules::sleepsInTests, MAIN, source)).isEmpty();
  }

  @Test
  void terminalAndExitBelongToCommandsAndChildPrograms() {
    var exit = "class A { { System.out.println(); e.printStackTrace(); System.exit(1); } }";
    assertThat(code(CodeRules::processWide, MAIN, exit)).hasSize(3);
    assertThat(code(CodeRules::processWide, TEST, exit)).hasSize(2);
    assertThat(code(CodeRules::processWide, MAIN.replace("proxy", "cli"), exit)).isEmpty();
    var child = "class A { public static void main(String[] a) { System.exit(1); } }";
    assertThat(code(CodeRules::processWide, TEST, child)).isEmpty();
    assertThat(code(CodeRules::processWide, MAIN, child)).hasSize(1);
  }

  @Test
  void disabledTestIsFound() {
    var source = "class A { @Disabled void a() {} @org.junit.jupiter.api.Disabled void b() {} }";
    assertThat(code(CodeRules::disabledTests, TEST, source)).hasSize(2);
  }

  @Test
  void publicMutableStaticIsFound() {
    var source =
        """
        public class A {
          public static int a;
          public static final int[] B = {1};
          public static final int C = 1;
          static int d;
          public int e;
        }
        """;
    assertThat(code(CodeRules::publicMutableStatics, MAIN, source))
        .extracting(Finding::line)
        .containsExactly(2, 3);
  }

  @Test
  void booleanParameterIsFoundInThePublicApiOnly() {
    var source = "public class A { public void a(boolean b) {} void c(boolean d) {} }";
    assertThat(code(CodeRules::booleanParameters, MAIN, source)).hasSize(1);
    assertThat(code(CodeRules::booleanParameters, MAIN, "class A { public void a(boolean b) {} }"))
        .isEmpty();
  }

  @Test
  void testThatAssertsNothingIsFound() {
    var source =
        """
        class A {
          @Test void direct() { assertThat(1).isOne(); }
          @Test void byHelper() { one(); }
          @Test void byReference() { list.forEach(this::two); }
          @Test void none() { three(); }
          void one() { two(1); }
          void two(int a) { Assertions.assertEquals(1, a); }
          void three() { three(); run(); }
        }
        """;
    assertThat(code(TestRules::withoutAssertion, TEST, source))
        .extracting(Finding::line)
        .containsExactly(5);
  }

  private static List<Finding> words(Function<TextFile, List<Finding>> rule, String... lines) {
    return rule.apply(new TextFile("docs/sample.md", String.join("\n", lines)));
  }

  private static List<Finding> code(
      Function<JavaSource, List<Finding>> rule, String path, String text) {
    return rule.apply(JavaSource.parse(List.of(new TextFile(path, text))).getFirst());
  }
}
