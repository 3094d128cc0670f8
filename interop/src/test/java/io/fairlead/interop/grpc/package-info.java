/** gRPC through the proxy, with the clients and servers that others use. */
@NullMarked
package io.fairlead.interop.grpc;

import org.jspecify.annotations.NullMarked;
