package io.fairlead.xds;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Requests and responses of the delta variant of ADS. Stateless. Field numbers are those of
 * envoy.service.discovery.v3.
 */
final class DeltaMessages {
  private static final int INVALID_ARGUMENT = 3;

  private DeltaMessages() {}

  /** A response as far as the client reads it. */
  record Response(
      String type, List<ResourceCache.Update> updates, List<String> removed, String nonce) {}

  /** DeltaDiscoveryResponse: resources 2, type_url 4, nonce 5, removed_resources 6. */
  static Response response(ByteString bytes) {
    var m = ProtoMessage.parse(bytes);
    var updates = new ArrayList<ResourceCache.Update>();
    // Resource: version 1, resource 2 (Any: value 2), name 3.
    for (var octets : m.octets(2)) {
      var resource = m.nested(octets);
      updates.add(
          new ResourceCache.Update(
              resource.text(3), resource.text(1), resource.message(2).bytes(2)));
    }
    return new Response(m.text(4), updates, m.texts(6), m.text(5));
  }

  /** Node: id 1, metadata 3 (Struct: fields 1, of key 1 and value 2 with string_value 3). */
  static ByteString node(AdsSettings settings) {
    return PolicyWire.message(
        out -> {
          out.writeString(1, settings.nodeId());
          out.writeBytes(
              3,
              PolicyWire.message(
                  struct -> {
                    for (var entry : settings.metadata().entrySet()) {
                      struct.writeBytes(
                          1,
                          PolicyWire.message(
                              field -> {
                                field.writeString(1, entry.getKey());
                                field.writeBytes(
                                    2,
                                    PolicyWire.message(
                                        value -> value.writeString(3, entry.getValue())));
                              }));
                    }
                  }));
        });
  }

  /**
   * DeltaDiscoveryRequest: node 1, type_url 2, resource_names_subscribe 3,
   * resource_names_unsubscribe 4, initial_resource_versions 5.
   */
  static ByteString subscription(
      ByteString node, String type, ResourceCache.Change change, Map<String, String> held) {
    return PolicyWire.message(
        out -> {
          out.writeBytes(1, node);
          out.writeString(2, type);
          for (var name : change.subscribe()) {
            out.writeString(3, name);
          }
          for (var name : change.unsubscribe()) {
            out.writeString(4, name);
          }
          for (var entry : held.entrySet()) {
            out.writeBytes(
                5,
                PolicyWire.message(
                    field -> {
                      field.writeString(1, entry.getKey());
                      field.writeString(2, entry.getValue());
                    }));
          }
        });
  }

  /** DeltaDiscoveryRequest: type_url 2, response_nonce 6. */
  static ByteString acknowledgement(Response response) {
    return PolicyWire.message(
        out -> {
          out.writeString(2, response.type());
          out.writeString(6, response.nonce());
        });
  }

  /** The same with error_detail 7 (google.rpc.Status: code 1, message 2). */
  static ByteString refusal(Response response, String why) {
    return PolicyWire.message(
        out -> {
          out.writeString(2, response.type());
          out.writeString(6, response.nonce());
          out.writeBytes(
              7,
              PolicyWire.message(
                  status -> {
                    status.writeInt32(1, INVALID_ARGUMENT);
                    status.writeString(2, why);
                  }));
        });
  }
}
