/**
 * Messages of gRPC that the proxy itself sends and receives: their framing and the few fields of
 * protobuf that it needs, without generated classes.
 */
@NullMarked
package io.fairlead.proxy.grpc;

import org.jspecify.annotations.NullMarked;
