package io.fairlead.xds;

import io.fairlead.traffic.HttpFilter;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.CheckedBody;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.FailureMode;
import io.fairlead.traffic.HttpFilter.ExternalAuthorization.Service;
import io.fairlead.traffic.StringMatch;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;

/** envoy.extensions.filters.http.ext_authz.v3.ExtAuthz. Stateless. */
final class ExternalDecoder {
  private ExternalDecoder() {}

  /**
   * ExtAuthz: grpc_service 1 (envoy_grpc 1: cluster_name 1; timeout 3), failure_mode_allow 2,
   * http_service 3 (server_uri 1: cluster 2, timeout 3), with_request_body 5 (max_request_bytes 1,
   * allow_partial_message 2), status_on_error 7 (code 1), allowed_headers 17.
   */
  static HttpFilter filter(ProtoMessage m) {
    if (m.has(3) == m.has(1)) {
      throw new DecodeException("ext_authz: must have http_service or grpc_service");
    }
    var grpc = m.message(1);
    var uri = m.message(3).message(1);
    String cluster = m.has(1) ? grpc.message(1).text(1) : uri.text(2);
    Duration timeout = m.has(1) ? grpc.duration(3) : uri.duration(3);
    return new ExternalAuthorization(
        cluster,
        m.has(1) ? grpc(m) : http(m.message(3)),
        timeout,
        m.flag(2) ? FailureMode.ALLOW : FailureMode.REFUSE,
        m.has(7) ? m.message(7).intNumber(1) : ExternalAuthorization.FORBIDDEN,
        m.optional(5)
            .map(
                body ->
                    new CheckedBody(
                        body.intNumber(1),
                        body.flag(2) ? CheckedBody.Longer.CUT : CheckedBody.Longer.REFUSED)),
        names(m.message(17)));
  }

  /** HttpService: path_prefix 2, authorization_response 8 (upstream 1, client headers 2). */
  private static Service http(ProtoMessage service) {
    var response = service.message(8);
    return new Service.Http(
        service.text(2), names(response.message(1)), names(response.message(2)));
  }

  /** ExtAuthz: filter_metadata 28, a Struct (fields 1: key 1, value 2 with string_value 3). */
  private static Service grpc(ProtoMessage m) {
    var extensions = new TreeMap<String, String>();
    for (var entry : m.message(28).messages(1)) {
      extensions.put(entry.text(1), entry.message(2).text(3));
    }
    return new Service.Grpc(extensions);
  }

  /** ListStringMatcher: patterns 1, which must be exact. */
  private static List<String> names(ProtoMessage matcher) {
    return matcher.messages(1).stream()
        .map(Decoder::stringMatch)
        .map(
            match -> {
              if (match instanceof StringMatch.Exact(var name)) {
                return name;
              }
              throw new DecodeException("ext_authz: names of headers must be exact");
            })
        .toList();
  }
}
