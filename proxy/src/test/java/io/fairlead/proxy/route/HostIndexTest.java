package io.fairlead.proxy.route;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HostIndexTest {
  private final Random random = new Random(7);

  @Test
  void lookUpAgreesWithTheObviousOne() {
    for (int round = 0; round < 200; round++) {
      Map<String, String> domains = new HashMap<>();
      int count = random.nextInt(12);
      for (int i = 0; i < count; i++) {
        String domain =
            switch (random.nextInt(8)) {
              case 0 -> "*";
              case 1, 2, 3 -> "*." + name();
              default -> name();
            };
        domains.put(domain, domain);
      }
      HostIndex<String> index = new HostIndex<>(domains);
      for (int i = 0; i < 100; i++) {
        String host = name();
        String sent = random.nextBoolean() ? host.toUpperCase(Locale.ROOT) + ":80" : host;
        byte[] octets = ("xx" + sent).getBytes(ISO_8859_1);
        assertThat(index.find(octets, 2, octets.length))
            .as("%s in %s", sent, domains.keySet())
            .isEqualTo(obvious(domains, host));
      }
    }
  }

  private static @Nullable String obvious(Map<String, String> domains, String host) {
    if (domains.containsKey(host)) {
      return host;
    }
    for (int dot = host.indexOf('.', 1); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      if (domains.containsKey("*" + host.substring(dot))) {
        return "*" + host.substring(dot);
      }
    }
    return domains.get("*");
  }

  private String name() {
    StringBuilder name = new StringBuilder();
    int labels = 1 + random.nextInt(3);
    for (int i = 0; i < labels; i++) {
      name.append(i == 0 ? "" : ".").append((char) ('a' + random.nextInt(3)));
    }
    return name.toString();
  }
}
