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
          Optional.of(
              new InterceptRules.Inbound(15006, InterceptRules.Mode.REDIRECT, List.of(8080))),
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
            -A FAIRLEAD_OUTPUT -o lo ! -d 127.0.0.0/8 -p tcp --dport 8080 -m owner \
            --uid-owner 1337 -j REDIRECT --to-ports 15006
            -A FAIRLEAD_OUTPUT -o lo ! -d 127.0.0.0/8 -p tcp --dport 8080 -m owner \
            --uid-owner proxy -j REDIRECT --to-ports 15006
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
                oifname "lo" meta skuid 1337 tcp dport 8080 ip daddr != 127.0.0.0/8 \
            redirect to :15006
                oifname "lo" meta skuid 1337 tcp dport 8080 ip6 daddr != ::1/128 \
            redirect to :15006
                oifname "lo" meta skuid proxy tcp dport 8080 ip daddr != 127.0.0.0/8 \
            redirect to :15006
                oifname "lo" meta skuid proxy tcp dport 8080 ip6 daddr != ::1/128 \
            redirect to :15006
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
  void withTproxyOnlyWhatIsNewIsLedAndAsItIs() {
    var rules =
        new InterceptRules(
            Optional.empty(),
            Optional.of(new InterceptRules.Inbound(15006, InterceptRules.Mode.TPROXY, List.of())),
            List.of(),
            new InterceptRules.Excluded(List.of(), List.of(22), List.of()),
            Addresses.IPV4);
    assertThat(rules.restore(Family.IPV4))
        .isEqualTo(
            """
            *nat
            :FAIRLEAD_OUTPUT - [0:0]
            :FAIRLEAD_INBOUND - [0:0]
            COMMIT
            *mangle
            :FAIRLEAD_TPROXY - [0:0]
            -A FAIRLEAD_TPROXY -i lo -j RETURN
            -A FAIRLEAD_TPROXY -p tcp --dport 22 -j RETURN
            -A FAIRLEAD_TPROXY -p tcp -m socket --transparent -j MARK --set-mark 0x539
            -A FAIRLEAD_TPROXY -p tcp -m socket --transparent -j RETURN
            -A FAIRLEAD_TPROXY -p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
            -A FAIRLEAD_TPROXY -p tcp -j TPROXY --on-port 15006 --tproxy-mark 0x539/0xffffffff
            COMMIT
            """);
    assertThat(rules.nft())
        .contains("type filter hook prerouting priority -150; policy accept;")
        .contains("tproxy ip to :15006 meta mark set 0x539 accept\n    meta l4proto tcp drop\n")
        .doesNotContain("tproxy ip6");
    assertThat(PolicyRouting.additions(rules.families()))
        .extracting(command -> String.join(" ", command))
        .containsExactly(
            "ip -4 rule add fwmark 0x539 lookup 133",
            "ip -4 route replace local 0.0.0.0/0 dev lo table 133");
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
