package io.fairlead.testkit.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every rule of the house style that a program can check, over the whole repository. */
class TidyTest {
  private static final List<TextFile> TEXTS = Repository.current().texts();
  private static final List<JavaSource> SOURCES =
      JavaSource.parse(TEXTS.stream().filter(file -> file.path().endsWith(".java")).toList());

  @Test
  void lineHasAtMostHundredColumns() {
    assertKeptBySources(source -> TextRules.longLines(source.file()));
  }

  @Test
  void fileIsShort() {
    assertKeptBySources(source -> TextRules.longFiles(source.file()));
  }

  @Test
  void methodIsShort() {
    assertKeptBySources(CodeRules::longMethods);
  }

  @Test
  void packageIsNamedForWhatIsInIt() {
    assertKeptBySources(NameRules::packages);
  }

  @Test
  void typeIsNamedForWhatItIs() {
    assertKeptBySources(NameRules::types);
  }

  @Test
  void caughtExceptionIsHandled() {
    assertKeptBySources(CodeRules::emptyCatches);
  }

  @Test
  void testNeverSleeps() {
    assertKeptBySources(CodeRules::sleepsInTests);
  }

  @Test
  void onlyCommandsOwnTerminalAndProcess() {
    assertKeptBySources(CodeRules::processWide);
  }

  @Test
  void testIsNotDisabled() {
    assertKeptBySources(CodeRules::disabledTests);
  }

  @Test
  void testAsserts() {
    assertKeptBySources(TestRules::withoutAssertion);
  }

  @Test
  void publicStaticIsConstant() {
    assertKeptBySources(CodeRules::publicMutableStatics);
  }

  @Test
  void publicMethodTakesNoBoolean() {
    assertKeptBySources(CodeRules::booleanParameters);
  }

  @Test
  void noWorkIsLeftUnfinished() {
    assertKept(TEXTS, TextRules::unfinishedWork);
  }

  @Test
  void noTextNamesAPathOfOneMachine() {
    assertKept(TEXTS, TextRules::machinePaths);
  }

  @Test
  void noTextNamesAPackageHost() {
    assertKept(TEXTS, TextRules::packageHosts);
  }

  @Test
  void noTextSaysHowItWasMade() {
    assertKept(TEXTS, TextRules::makingOf);
  }

  private static void assertKeptBySources(Function<JavaSource, List<Finding>> rule) {
    assertKept(SOURCES, rule);
  }

  private static <T> void assertKept(Collection<T> all, Function<T, List<Finding>> rule) {
    assertThat(all).isNotEmpty();
    var findings = all.stream().flatMap(one -> rule.apply(one).stream()).toList();
    var report = findings.stream().map(Finding::toString).collect(Collectors.joining("\n"));
    assertThat(findings).withFailMessage("%s broken:\n%s", findings.size(), report).isEmpty();
  }
}
