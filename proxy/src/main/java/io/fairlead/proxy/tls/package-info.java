/** TLS of connections: key material, contexts, and what a peer's certificate must prove. */
@NullMarked
package io.fairlead.proxy.tls;

import org.jspecify.annotations.NullMarked;
