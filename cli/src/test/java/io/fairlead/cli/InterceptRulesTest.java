package io.fairlead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fairlead.cli.InterceptRules.Addresses;
import io.fairlead.cli.InterceptRules.Family;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InterceptRulesTest {
  private static final InterceptRules BOTH =
      new InterceptRules(
          Optional.of(15001),
          Optional.of(15006),
          List.of("1337", "proxy"),
          new InterceptRules.Excluded(
              List.of(5432), List.of(22, 15021), List.of("10.0.0.0/8", "fd00::/8")),
          Addresses.IPV4_AND_IPV6);

  @Test
  void chainsOfIptablesLeaveAloneWhatIsExcludedAndLeadTheRest() {
    assertThat(BOTH.restore(Family.IPV4))
        .isEqualTo(
            """
            *nat
            :FAIRLEAD_OUTPUT - [0:0]
            :FAIRLEAD_INBOUND - [0:0]
            -A FAIRLEAD_OUTPUT -o lo -j RETURN
            -A FAIRLEAD_OUTPUT -m owner --uid-owner 1337 -j RETURN
            -A FAIRLEAD_OUTPUT -m owner --uid-owner proxy -j RETURN
            -A FAIRLEAD_OUTPUT -d 10.0.0.0/8 -j RETURN
            -A FAIRLEAD_OUTPUT -p tcp --dport 5432 -j RETURN
            -A FAIRLEAD_OUTPUT -p tcp -j REDIRECT --to-ports 15001
            -A FAIRLEAD_INBOUND -i lo -j RETURN
            -A FAIRLEAD_INBOUND -p tcp --dport 22 -j RETURN
            -A FAIRLEAD_INBOUND -p tcp --dport 15021 -j RETURN
            -A FAIRLEAD_INBOUND -p tcp -j REDIRECT --to-ports 15006
            COMMIT
            """);
    assertThat(BOTH.restore(Family.IPV6)).contains("-d fd00::/8").doesNotContain("10.0.0.0");
  }

  @Test
  void tableOfNftSaysTheSame() {
    assertThat(BOTH.nft())
        .isEqualTo(
            """
            table inet fairlead
            delete table inet fairlead
            table inet fairlead {
              chain output {
                type nat hook output priority -100; policy accept;
                oifname "lo" return
                meta skuid 1337 return
                meta skuid proxy return
                ip daddr 10.0.0.0/8 return
                ip6 daddr fd00::/8 return
                tcp dport { 5432 } return
                meta l4proto tcp redirect to :15001
              }
              chain prerouting {
                type nat hook prerouting priority -100; policy accept;
                iifname "lo" return
                tcp dport { 22, 15021 } return
                meta l4proto tcp redirect to :15006
              }
            }
            """);
  }

  @Test
  void withoutTheProxysUserItsOwnConnectionsWouldComeBackToIt() {
    assertThatExceptionOfType(CommandException.class)
        .isThrownBy(
            () ->
                new InterceptRules(
                    Optional.of(15001),
                    Optional.empty(),
                    List.of(),
                    new InterceptRules.Excluded(List.of(), List.of(), List.of()),
                    Addresses.IPV4))
        .withMessageContaining("--exclude-user: must name the user of the proxy");
  }

  @Test
  void whatIsNoPortNetworkOrUserIsRefusedByItsFlag() {
    assertThatExceptionOfType(CommandException.class)
        .isThrownBy(() -> new InterceptRules.Excluded(List.of(70_000), List.of(), List.of()))
        .withMessage("--exclude-outbound-port: must be 1 to 65535, was 70000");
    assertThatExceptionOfType(CommandException.class)
        .isThrownBy(() -> new InterceptRules.Excluded(List.of(), List.of(), List.of("x; reboot")))
        .withMessageContaining("--exclude-cidr: must be");
  }
}
