package io.fairlead.testkit.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * Code that must not compile, given to a compiler with the very arguments of the profile {@code
 * check} in the root pom: if a check there is switched off, a test fails here.
 */
class StaticChecksTest {
  private static final Repository REPOSITORY = Repository.current();

  @TempDir Path folder;

  @Test
  void mistakesAreRefused() throws Exception {
    var compiled =
        compile(
            """
            package sample;
            import java.util.List;
            import org.jspecify.annotations.*;
            @NullMarked
            class Sample {
              static int length(@Nullable String text) { return text.length(); }
              static List<String> all(List<@Nullable String> some) { return some; }
              static void check(int size) {
                if (size < 0) { new IllegalArgumentException("size"); }
              }
            }
            """);
    assertThat(compiled.exitCode()).isNotZero();
    assertThat(compiled.output())
        .contains("Sample.java:6: error: [NullAway] dereferenced expression 'text'")
        .contains("Sample.java:7: error: [NullAway] incompatible types")
        .contains("Sample.java:9: error: [DeadException]");
  }

  @Test
  void goodCodePasses() throws Exception {
    var compiled =
        compile(
            """
            package sample;
            import org.jspecify.annotations.*;
            @NullMarked
            class Sample {
              static int length(@Nullable String text) { return text == null ? 0 : text.length(); }
            }
            """);
    assertThat(compiled.output()).isEmpty();
    assertThat(compiled.exitCode()).isZero();
  }

  @Test
  void launcherTestsWithTheChecksOn() throws IOException {
    var launcher = Files.readString(REPOSITORY.root().resolve("fairlead"));
    assertThat(launcher).containsPattern("mvn [^\\n]*-Pcheck [^\\n]*verify");
  }

  private record Compiled(int exitCode, String output) {}

  private Compiled compile(String source) throws IOException, InterruptedException {
    var file = Files.writeString(folder.resolve("Sample.java"), source);
    var output = folder.resolve("output");
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "javac").toString());
    command.addAll(checkArguments());
    command.addAll(List.of("-proc:none", "-processorpath", jars(), "-classpath", jars()));
    command.addAll(List.of("-d", folder.toString(), file.toString()));
    var process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("the compiler ends").isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Compiled(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  private static List<String> checkArguments() throws IOException {
    var pom = ModuleGraph.parse(REPOSITORY.root().resolve("pom.xml"));
    var elements = profile(pom, "check").getElementsByTagName("arg");
    var arguments = new ArrayList<String>();
    for (int i = 0; i < elements.getLength(); i++) {
      arguments.add(elements.item(i).getTextContent().strip());
    }
    assertThat(arguments).isNotEmpty();
    return arguments;
  }

  private static Element profile(Document pom, String id) {
    var profiles = pom.getElementsByTagName("profile");
    for (int i = 0; i < profiles.getLength(); i++) {
      var profile = (Element) profiles.item(i);
      if (profile.getElementsByTagName("id").item(0).getTextContent().equals(id)) {
        return profile;
      }
    }
    throw new AssertionError("profile " + id + " is not in the root pom");
  }

  /** Of the tests: the checks themselves with what they need, and the annotations. */
  private static String jars() {
    return Stream.of("jdk.module.path", "java.class.path", "surefire.test.class.path")
        .map(property -> System.getProperty(property, ""))
        .flatMap(path -> Stream.of(path.split(File.pathSeparator)))
        .filter(entry -> entry.endsWith(".jar"))
        .distinct()
        .collect(Collectors.joining(File.pathSeparator));
  }
}
