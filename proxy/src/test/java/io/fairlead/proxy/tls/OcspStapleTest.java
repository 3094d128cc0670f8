package io.fairlead.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fairlead.proxy.Authority;
import io.fairlead.traffic.Secret;
import io.fairlead.traffic.ServerTls.Stapling;
import java.math.BigInteger;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPRespBuilder;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is read of OCSP responses, which Bouncy Castle has made. */
class OcspStapleTest {
  private static final Instant NOW = Instant.parse("2026-03-04T05:06:07Z");
  private static final Secret.Certificate OWN = new Authority("mesh").server().secret("own");

  private static X509Certificate leaf() throws Exception {
    return Pem.certificates(OWN.chainPem()).getFirst();
  }

  private static byte[] response(Instant until, int certificates) throws Exception {
    var digests = new JcaDigestCalculatorProviderBuilder().build().get(CertificateID.HASH_SHA1);
    var keys = KeyPairGenerator.getInstance("EC").generateKeyPair();
    var builder = new BasicOCSPRespBuilder(new RespID(new X500Name("CN=ca")));
    for (int i = 0; i < certificates; i++) {
      var serial = leaf().getSerialNumber().add(BigInteger.valueOf(i));
      var id = new CertificateID(digests, new JcaX509CertificateHolder(leaf()), serial);
      Date end = until.equals(Instant.MAX) ? null : Date.from(until);
      builder.addResponse(id, CertificateStatus.GOOD, Date.from(NOW), end, null);
    }
    var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate());
    var basic = builder.build(signer, null, Date.from(NOW));
    return new OCSPRespBuilder().build(OCSPResp.SUCCESSFUL, basic).getEncoded();
  }

  private static OcspStaple read(byte[] der) throws Exception {
    return OcspStaple.read(Base64.getEncoder().encodeToString(der), leaf().getSerialNumber());
  }

  @Test
  void itIsForOneCertificateUntilItsTimeIsOver() throws Exception {
    OcspStaple staple = read(response(NOW.plusSeconds(60), 1));
    assertThat(staple.isFresh(NOW.plusSeconds(59))).isTrue();
    assertThat(staple.isFresh(NOW.plusSeconds(60))).isFalse();
    assertThat(read(response(Instant.MAX, 1)).isFresh(NOW)).isFalse();
  }

  @Test
  void otherResponsesAreRefused() throws Exception {
    byte[] two = response(NOW, 2);
    assertThatThrownBy(() -> read(two)).hasMessageContaining("more than one answer");
    byte[] later = new OCSPRespBuilder().build(OCSPResp.TRY_LATER, null).getEncoded();
    assertThatThrownBy(() -> read(later)).hasMessageContaining("has not answered");
    BigInteger serial = leaf().getSerialNumber();
    assertThatThrownBy(() -> OcspStaple.read("?", serial)).isInstanceOf(SecretException.class);
    String one = Base64.getEncoder().encodeToString(response(NOW, 1));
    assertThatThrownBy(() -> OcspStaple.read(one, serial.add(BigInteger.ONE)))
        .isInstanceOf(SecretException.class)
        .hasMessageContaining("it is about another one");
  }

  @Test
  void whateverIsBrokenIsToldAndNothingElse() throws Exception {
    byte[] whole = response(NOW, 1);
    Random random = new Random(5);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] broken =
          java.util.Arrays.copyOf(whole, i % 3 == 0 ? random.nextInt(whole.length) : whole.length);
      for (int change = random.nextInt(4); change >= 0 && broken.length > 0; change--) {
        broken[random.nextInt(broken.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(read(broken).der()).isEqualTo(broken);
      } catch (SecretException told) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(5_000);
  }

  @Test
  void aCertificateIsTakenAsItsPolicyAllows() throws Exception {
    OcspStaple staple = read(response(NOW.plusSeconds(60), 1));
    SSLEngine engine = SSLContext.getDefault().createSSLEngine();
    assertThat(alias(staple, Stapling.STRICT, NOW, engine)).isEqualTo("own");
    assertThat(alias(staple, Stapling.LENIENT, NOW.plusSeconds(61), engine)).isEqualTo("own");
    assertThat(alias(staple, Stapling.STRICT, NOW.plusSeconds(61), engine)).isNull();
    assertThat(alias(staple, Stapling.MUST_STAPLE, NOW.plusSeconds(61), engine)).isNull();
  }

  private static @Nullable String alias(
      OcspStaple staple, Stapling stapling, Instant now, SSLEngine engine) throws Exception {
    KeyMaterial read = KeyMaterial.read(OWN);
    var own = new KeyMaterial(read.key(), read.chain(), staple);
    var keys = new ServerKeys(Map.of("*", List.of("own")), Map.of("own", own), stapling, () -> now);
    return keys.chooseEngineServerAlias("EC", null, engine);
  }
}
