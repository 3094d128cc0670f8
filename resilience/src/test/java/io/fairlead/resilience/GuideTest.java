package io.fairlead.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The guide names every setting with its default, only what exists, and only what was run. */
class GuideTest {
  private static final Path ROOT = Path.of("..");
  private static final Path DOCS = ROOT.resolve("docs");
  private static final Path SOURCES =
      Path.of("src", "main", "java", "io", "fairlead", "resilience");

  /** The exercise needs the outbox, which needs this module, so it is run in the demo. */
  private static final List<Path> EXAMPLES =
      List.of(
          Path.of("src/test/java/io/fairlead/resilience/GuideExamplesTest.java"),
          Path.of("../demo/src/test/java/io/fairlead/demo/PaymentService.java"));

  /** Below it the page speaks of other libraries; {@code interop} has tests for that part. */
  private static final String ELSEWHERE = "## What goes wrong elsewhere";

  private static final Set<String> OTHERS =
      Set.of("resilience.md", "resilience/payment-exercise.md");
  private static final List<String> PARTS =
      List.of(
          "**Use",
          "**Do not use",
          "```java",
          "```mermaid",
          "## What callers get",
          "## Cost",
          "## Evidence",
          "## Pitfalls");

  private static final Pattern TABLE = Pattern.compile("(?m)^\\| `([\\w.]+)` \\| Default \\|.*\n");
  private static final Pattern JAVA = Pattern.compile("(?s)```java\n(.*?)```");
  private static final Pattern REGION = Pattern.compile("(?s)// guide\n(.*?)// end\n");
  private static final Pattern DIAGRAM = Pattern.compile("(?s)```mermaid\nflowchart(.*?)```");
  private static final Pattern COMMAND =
      Pattern.compile("(?m)(^|> ) *(call|class|click|default|end|graph|style)\\b");
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern NAME = Pattern.compile("[A-Z]\\w*(\\.\\w+)*");
  private static final Pattern LINK = Pattern.compile("]\\(([^)#:]+)(#[^)]*)?\\)");

  @Test
  void everySettingHasItsDefaultInTheGuide() throws Exception {
    Map<String, String> tables = new LinkedHashMap<>();
    for (String page : pages().values()) {
      var matcher = TABLE.matcher(page);
      while (matcher.find()) {
        String rows = page.substring(matcher.end());
        assertThat(tables.put(matcher.group(1), rows)).as(matcher.group(1)).isNull();
      }
    }
    Map<String, Record> defaults = defaults();
    assertThat(tables.keySet()).containsExactlyInAnyOrderElementsOf(defaults.keySet());
    for (var entry : defaults.entrySet()) {
      assertThat(written(tables.getOrDefault(entry.getKey(), "")))
          .as("settings table of %s", entry.getKey())
          .isEqualTo(texts(entry.getValue()));
    }
  }

  @Test
  void everyExampleOfTheGuideIsOneThatWasRun() throws IOException {
    Set<String> run = new TreeSet<>();
    for (Path source : EXAMPLES) {
      blocks(REGION, Files.readString(source)).forEach(run::add);
    }
    Set<String> shown = new TreeSet<>();
    for (String page : pages().values()) {
      blocks(JAVA, page).forEach(shown::add);
    }
    assertThat(shown).isEqualTo(run).hasSizeGreaterThan(20);
  }

  @Test
  void everyPolicyHasAnExample() throws IOException {
    String shown =
        pages().values().stream()
            .flatMap(page -> blocks(JAVA, page))
            .collect(Collectors.joining("\n"));
    for (Class<?> type : classes()) {
      if (Policy.class.isAssignableFrom(type) && type != Policy.class) {
        assertThat(shown).contains(type.getSimpleName());
      }
    }
  }

  @Test
  void everyNameInTheGuideExists() throws IOException {
    var known = new Names(sources());
    List<String> unknown = new ArrayList<>();
    for (var page : pages().entrySet()) {
      CODE.matcher(withoutBlocks(page.getValue()))
          .results()
          .map(result -> result.group(1))
          .filter(code -> NAME.matcher(code).matches() && !known.has(code))
          .forEach(code -> unknown.add(page.getKey() + ": " + code));
    }
    assertThat(unknown).isEmpty();
    assertThat(known.has("Gone")).isFalse();
    assertThat(known.has("CircuitBreaker.gone")).isFalse();
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    for (var page : pages().entrySet()) {
      Path folder = DOCS.resolve(page.getKey()).resolve("..");
      LINK.matcher(withoutBlocks(page.getValue()))
          .results()
          .map(result -> result.group(1))
          .filter(target -> !Files.exists(folder.resolve(target).normalize()))
          .forEach(target -> broken.add(page.getKey() + ": " + target));
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void everyPageIsLinkedFromTheGuide() throws IOException {
    String guide = Files.readString(DOCS.resolve("resilience.md"));
    assertThat(pages().keySet())
        .hasSizeGreaterThan(10)
        .allMatch(page -> page.equals("resilience.md") || guide.contains("(" + page + ")"));
  }

  @Test
  void everyPolicyIsToldInAllItsParts() throws IOException {
    List<String> missing = new ArrayList<>();
    for (var page : pages().entrySet()) {
      if (!OTHERS.contains(page.getKey())) {
        PARTS.stream()
            .filter(part -> !page.getValue().contains(part))
            .forEach(part -> missing.add(page.getKey() + ": " + part));
      }
    }
    assertThat(missing).isEmpty();
  }

  /** Some renderers read such a word as a command and show no diagram. */
  @Test
  void noNodeOfADiagramIsNamedAsACommand() throws IOException {
    for (var page : pages().entrySet()) {
      assertThat(DIAGRAM.matcher(page.getValue()).results())
          .as("diagrams of %s", page.getKey())
          .noneMatch(diagram -> COMMAND.matcher(diagram.group(1)).find());
    }
  }

  /** The pages by their paths below {@code docs/}. */
  private static Map<String, String> pages() throws IOException {
    Map<String, String> pages = new LinkedHashMap<>();
    String guide = Files.readString(DOCS.resolve("resilience.md"));
    pages.put("resilience.md", guide.substring(0, guide.indexOf(ELSEWHERE)));
    try (Stream<Path> files = Files.list(DOCS.resolve("resilience"))) {
      for (Path file : files.sorted().toList()) {
        pages.put("resilience/" + file.getFileName(), Files.readString(file));
      }
    }
    return pages;
  }

  private static String withoutBlocks(String page) {
    return page.replaceAll("(?s)```.*?```", "");
  }

  /** With one space for each stretch of white space, since the guide indents less. */
  private static Stream<String> blocks(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(result -> result.group(1).strip().replaceAll("\\s+", " "));
  }

  private static Map<String, Record> defaults() throws Exception {
    Map<String, Record> defaults = new LinkedHashMap<>();
    for (Class<?> type : classes()) {
      if (type.isRecord() && hasDefaults(type)) {
        var method = type.getDeclaredMethod("defaults");
        defaults.put(type.getSimpleName(), (Record) method.invoke(null));
      }
    }
    defaults.put("LimitAlgorithm.Aimd", (Record) LimitAlgorithm.aimd());
    defaults.put("LimitAlgorithm.Gradient", (Record) LimitAlgorithm.gradient());
    return defaults;
  }

  private static boolean hasDefaults(Class<?> type) {
    return Arrays.stream(type.getDeclaredMethods()).anyMatch(m -> m.getName().equals("defaults"));
  }

  private static List<Class<?>> classes() throws IOException {
    List<Class<?>> classes = new ArrayList<>();
    try (Stream<Path> files = Files.list(SOURCES)) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString().replace(".java", "");
        Names.find(CircuitBreaker.class.getPackageName() + "." + name).ifPresent(classes::add);
      }
    }
    return classes;
  }

  /** The names of all classes of all modules. */
  private static Set<String> sources() throws IOException {
    Set<String> names = new TreeSet<>();
    try (Stream<Path> modules = Files.list(ROOT)) {
      for (Path source : modules.map(module -> module.resolve("src")).toList()) {
        if (Files.isDirectory(source)) {
          addNames(source, names);
        }
      }
    }
    return names;
  }

  private static void addNames(Path folder, Set<String> names) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".java"))
          .forEach(name -> names.add(name.replace(".java", "")));
    }
  }

  /** Name and default of each row, in the order of the rows. */
  private static List<String> written(String rows) {
    return rows.lines()
        .takeWhile(line -> line.startsWith("|"))
        .filter(line -> !line.startsWith("|---"))
        .map(line -> line.substring(2).split(" \\| "))
        .map(cells -> (cells[0] + " " + cells[1]).replace("`", ""))
        .toList();
  }

  private static List<String> texts(Record settings) throws ReflectiveOperationException {
    List<String> texts = new ArrayList<>();
    for (RecordComponent component : settings.getClass().getRecordComponents()) {
      Object value = component.getAccessor().invoke(settings);
      boolean bytes = component.getName().endsWith("Bytes");
      String text = bytes ? (long) value / (1 << 20) + " MiB" : text(value);
      texts.add(component.getName() + " " + text);
    }
    return texts;
  }

  /** As the guide writes it. */
  private static String text(Object value) {
    return switch (value) {
      case Duration duration -> text(duration);
      case Double number -> number % 1 == 0 ? String.valueOf(number.longValue()) : number + "";
      case Optional<?> optional -> optional.map(GuideTest::text).orElse("none");
      case OptionalInt optional -> optional.isEmpty() ? "none" : optional.getAsInt() + "";
      case Collection<?> several ->
          several.stream().map(GuideTest::text).collect(Collectors.joining(", "));
      case LimitAlgorithm algorithm -> "LimitAlgorithm." + algorithm.getClass().getSimpleName();
      case Record settings -> settings.getClass().getSimpleName() + ".defaults";
      default -> value.toString();
    };
  }

  private static String text(Duration duration) {
    if (duration.isZero()) {
      return "0";
    }
    if (duration.toMillis() % 1_000 != 0) {
      return duration.toMillis() + " ms";
    }
    return duration.toSeconds() % 60 == 0
        ? duration.toMinutes() + " min"
        : duration.toSeconds() + " s";
  }

  /** What the words of the guide that look like names may stand for. */
  private record Names(Set<String> sources) {
    private static final List<String> PACKAGES =
        List.of("java.lang.", "java.time.", "java.util.", "java.util.concurrent.", "java.net.");

    boolean has(String name) {
      String[] parts = name.split("\\.");
      Optional<Class<?>> type = find(CircuitBreaker.class.getPackageName() + "." + parts[0]);
      if (type.isPresent()) {
        return parts.length == 1 || isMember(type.get(), parts[1]);
      }
      return isConstant(name)
          || sources.contains(parts[0])
          || PACKAGES.stream().anyMatch(start -> find(start + parts[0]).isPresent());
    }

    static Optional<Class<?>> find(String name) {
      try {
        return Optional.of(Class.forName(name));
      } catch (ClassNotFoundException | NoClassDefFoundError e) {
        return Optional.empty();
      }
    }

    private static boolean isMember(Class<?> type, String member) {
      return Stream.of(
              Arrays.stream(type.getMethods()).map(method -> method.getName()),
              Arrays.stream(type.getFields()).map(field -> field.getName()),
              Arrays.stream(type.getClasses()).map(Class::getSimpleName))
          .flatMap(names -> names)
          .anyMatch(member::equals);
    }

    private static boolean isConstant(String name) {
      return Stream.of(
              CircuitState.values(),
              Priority.values(),
              RateLimitAlgorithm.values(),
              RetryJitter.values(),
              RetryOn.values(),
              SlidingWindowType.values())
          .flatMap(Arrays::stream)
          .anyMatch(constant -> constant.toString().equals(name));
    }
  }
}
