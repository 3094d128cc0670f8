package io.fairlead.interop.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What goes wrong elsewhere does not go wrong here, and the page that says so is true. */
class ElsewhereTest {
  private static final Path PAGE = Path.of("..", "docs", "resilience.md");
  private static final Pattern TABLE =
      Pattern.compile("(?s)(?<=<!-- elsewhere -->\n).*(?=<!-- /elsewhere -->)");

  private static final Fairlead OURS = new Fairlead();

  @ParameterizedTest
  @EnumSource
  void nothingOfItGoesWrongHere(Scenario scenario) throws Exception {
    assertThat(scenario.observe(OURS)).isEqualTo(Outcome.OK);
  }

  /** Run with -Dgolden.update=true to accept another table after looking at its difference. */
  @Test
  void pageSaysWhatHappens() throws Exception {
    var page = Files.readString(PAGE);
    var observed = table();
    if (Boolean.getBoolean("golden.update")) {
      var updated = TABLE.matcher(page).replaceFirst(Matcher.quoteReplacement(observed));
      Files.writeString(PAGE, updated);
    }
    assertThat(written()).isEqualTo(observed);
  }

  @Test
  void checkSeesAPinnedVirtualThread() throws Exception {
    assertThat(VirtualThreads.control()).isEqualTo(Outcome.FAILS);
  }

  private static String written() throws IOException {
    var matcher = TABLE.matcher(Files.readString(PAGE));
    assertThat(matcher.find()).as("%s has the marks of the table", PAGE).isTrue();
    return matcher.group();
  }

  private static String table() throws Exception {
    var text = new StringBuilder();
    var titles = Libraries.ALL.stream().map(Library::title).collect(Collectors.joining(" | "));
    text.append("| | ").append(titles).append(" |\n|---|");
    text.append("---|".repeat(Libraries.ALL.size())).append('\n');
    for (var scenario : Arrays.asList(Scenario.values())) {
      text.append("| ").append(scenario.text());
      for (var library : Libraries.ALL) {
        text.append(" | ").append(scenario.observe(library).text());
      }
      text.append(" |\n");
    }
    return text.toString();
  }
}
