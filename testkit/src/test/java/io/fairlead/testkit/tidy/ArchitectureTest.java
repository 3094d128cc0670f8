package io.fairlead.testkit.tidy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page that leads a newcomer through the code names only what is there. */
class ArchitectureTest {
  private static final String PAGE = "docs/architecture.md";
  private static final Pattern CLASS_NAME =
      Pattern.compile("`((?:[a-z]\\w*\\.)*[A-Z]\\w*(?:\\.[A-Z]\\w*)*)`");
  private static final Pattern FOLDER = Pattern.compile("`([a-z][\\w/-]*)/`");

  private static final Repository REPOSITORY = Repository.current();

  @Test
  void everyClassOfThePageExists() throws IOException {
    var known = typesOfProduction();
    assertThat(missing(page(), known)).as("classes named in %s", PAGE).isEmpty();
  }

  @Test
  void everyFolderOfThePageExists() throws IOException {
    var folders = matches(FOLDER, page());
    assertThat(folders).isNotEmpty();
    assertThat(folders).allMatch(folder -> Files.isDirectory(REPOSITORY.root().resolve(folder)));
  }

  @Test
  void everyFlowIsOnThePage() throws IOException {
    assertThat(page())
        .contains("### Registration", "### Configuration", "### Push", "### Call", "### Evidence");
    assertThat(matches(CLASS_NAME, page())).hasSizeGreaterThan(50);
  }

  @Test
  void missingClassIsFoundByAnyFormOfItsName() {
    var known = Set.of("Catalog", "io.fairlead.registry.Catalog", "Catalog.Id", "Id");
    var text = "`Catalog` `Catalog.Id` `io.fairlead.registry.Catalog` `registry/` `GONE` `--data`";
    assertThat(missing(text, known)).containsExactly("GONE");
    assertThat(missing("`Lost` `Catalog.Lost` `io.fairlead.Catalog`", known))
        .containsExactly("Lost", "Catalog.Lost", "io.fairlead.Catalog");
  }

  private static List<String> missing(String text, Set<String> known) {
    return matches(CLASS_NAME, text).stream().filter(name -> !known.contains(name)).toList();
  }

  private static List<String> matches(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(result -> result.group(1)).distinct().toList();
  }

  private static String page() throws IOException {
    return Files.readString(REPOSITORY.root().resolve(PAGE));
  }

  /** Each type by its simple name, by its name within the outer ones, and in full. */
  private static Set<String> typesOfProduction() {
    var sources =
        JavaSource.parse(REPOSITORY.javaFiles().stream().filter(file -> !file.isTest()).toList());
    var names = new HashSet<String>();
    for (var source : sources) {
      var prefix = source.tree().getPackageName() + ".";
      new TreeScanner<Void, String>() {
        @Override
        public Void visitClass(ClassTree type, String outer) {
          var name = outer + type.getSimpleName();
          names.add(type.getSimpleName().toString());
          names.add(name);
          names.add(prefix + name);
          return super.visitClass(type, name + ".");
        }
      }.scan(source.tree(), "");
    }
    return names;
  }
}
