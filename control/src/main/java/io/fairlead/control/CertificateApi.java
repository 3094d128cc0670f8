package io.fairlead.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.ServerBuilder;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.fairlead.traffic.MeshSettings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signing of workload certificates over HTTPS. Safe for use by many threads.
 *
 * <p>{@code POST /v1/ca/sign} with {@code {"namespace", "service", "csr"}}. Who asks proves itself
 * by the join token ({@code authorization: Bearer}) or by the certificate that it renews, and then
 * gets the identity of that certificate only.
 */
final class CertificateApi {
  private static final Logger LOG = LoggerFactory.getLogger(CertificateApi.class);
  private static final String SERVICE = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

  private final CertificateAuthority authority;
  private final JoinToken token;
  private final MeshSettings mesh;
  private final ObjectMapper mapper = new ObjectMapper();

  CertificateApi(CertificateAuthority authority, JoinToken token, MeshSettings mesh) {
    this.authority = authority;
    this.token = token;
    this.mesh = mesh;
  }

  void addTo(ServerBuilder server) {
    server.route().post("/v1/ca/sign").build(HttpApi.blocking(this::sign));
  }

  private HttpResponse sign(ServiceRequestContext context, AggregatedHttpRequest request) {
    String namespace;
    String service;
    String csr;
    try {
      var body = mapper.readTree(request.contentUtf8());
      namespace = body.path("namespace").asText("default");
      service = body.path("service").asText();
      csr = body.path("csr").asText();
    } catch (JsonProcessingException malformed) {
      return HttpApi.problem(HttpStatus.BAD_REQUEST, "the body must be JSON");
    }
    if (!service.matches(SERVICE) || !namespace.matches(SERVICE)) {
      return HttpApi.problem(
          HttpStatus.BAD_REQUEST,
          "service: '"
              + service
              + "' must be a DNS label, and so must namespace '"
              + namespace
              + "'");
    }
    if (!mayHave(context, request, mesh.identity(namespace, service))) {
      LOG.warn("refused to sign {} for {}", service, context.remoteAddress());
      return HttpApi.problem(
          HttpStatus.UNAUTHORIZED,
          "the join token, or a certificate of this identity, must be presented");
    }
    try {
      var signed = authority.sign(csr, namespace, service);
      var body = HttpApi.JSON.objectNode().put("chain", signed.chainPem());
      body.put("roots", signed.rootsPem()).put("notAfter", signed.notAfter().toString());
      return HttpApi.json(HttpStatus.OK, body);
    } catch (CertificateAuthority.RefusedException refused) {
      return HttpApi.problem(HttpStatus.BAD_REQUEST, String.valueOf(refused.getMessage()));
    }
  }

  private boolean mayHave(
      ServiceRequestContext context, AggregatedHttpRequest request, String identity) {
    var authorization = request.headers().get(HttpHeaderNames.AUTHORIZATION, "");
    if (authorization.startsWith("Bearer ")) {
      return token.matches(authorization.substring("Bearer ".length()));
    }
    return PeerIdentity.of(context).filter(identity::equals).isPresent();
  }
}
