package io.fairlead.config;

import java.util.HashSet;
import java.util.List;

/** How a line of an access log looks. Immutable. */
public sealed interface LogFormat {
  /**
   * The line that Istio's proxies write.
   *
   * @see <a href="https://istio.io/latest/docs/tasks/observability/logs/access-log/">Istio, Envoy
   *     access logs</a>
   */
  Text ISTIO =
      new Text(
          "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\""
              + " %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"
              + " %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\""
              + " %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"
              + " \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\""
              + " \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW%"
              + " %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS%"
              + " %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%");

  /** The same values, as an object by Istio's names, with trace and identity. */
  Json ISTIO_JSON =
      new Json(
          List.of(
              new Member("start_time", "%START_TIME%"),
              new Member("method", "%REQ(:METHOD)%"),
              new Member("path", "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%"),
              new Member("protocol", "%PROTOCOL%"),
              new Member("response_code", "%RESPONSE_CODE%"),
              new Member("response_flags", "%RESPONSE_FLAGS%"),
              new Member("response_code_details", "%RESPONSE_CODE_DETAILS%"),
              new Member("connection_termination_details", "%CONNECTION_TERMINATION_DETAILS%"),
              new Member(
                  "upstream_transport_failure_reason", "%UPSTREAM_TRANSPORT_FAILURE_REASON%"),
              new Member("bytes_received", "%BYTES_RECEIVED%"),
              new Member("bytes_sent", "%BYTES_SENT%"),
              new Member("duration", "%DURATION%"),
              new Member("upstream_service_time", "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"),
              new Member("x_forwarded_for", "%REQ(X-FORWARDED-FOR)%"),
              new Member("user_agent", "%REQ(USER-AGENT)%"),
              new Member("request_id", "%REQ(X-REQUEST-ID)%"),
              new Member("authority", "%REQ(:AUTHORITY)%"),
              new Member("upstream_host", "%UPSTREAM_HOST%"),
              new Member("upstream_cluster", "%UPSTREAM_CLUSTER_RAW%"),
              new Member("upstream_local_address", "%UPSTREAM_LOCAL_ADDRESS%"),
              new Member("downstream_local_address", "%DOWNSTREAM_LOCAL_ADDRESS%"),
              new Member("downstream_remote_address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
              new Member("requested_server_name", "%REQUESTED_SERVER_NAME%"),
              new Member("route_name", "%ROUTE_NAME%"),
              new Member("attempts", "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"),
              new Member("peer", "%DOWNSTREAM_PEER_URI_SAN%"),
              new Member("trace_id", "%TRACE_ID%")));

  /**
   * Text.
   *
   * @param template as {@link LogTemplate} reads it; a line feed at its end is added if missing
   */
  record Text(String template) implements LogFormat {
    public Text {
      LogTemplate.parse(template);
    }
  }

  /**
   * A JSON object on one line.
   *
   * @param members in their order, 1 to 128
   */
  record Json(List<Member> members) implements LogFormat {
    public Json {
      members = List.copyOf(members);
      if (members.isEmpty() || members.size() > 128) {
        throw new IllegalArgumentException("must have 1 to 128 members, has " + members.size());
      }
      var names = new HashSet<String>();
      for (var member : members) {
        if (!names.add(member.name)) {
          throw new IllegalArgumentException("must not name " + member.name + " twice");
        }
      }
    }
  }

  /**
   * A member of the object.
   *
   * @param name not empty
   * @param template of its value; a command alone keeps its type and may be null
   */
  record Member(String name, String template) {
    public Member {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("a member must have a name");
      }
      LogTemplate.parse(template);
    }
  }
}
