package io.fairlead.proxy.upstream;

import io.fairlead.traffic.HostPort;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.resolver.InetSocketAddressResolver;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Resolves host names with the JDK, which blocks, on a virtual thread instead of the event loop.
 * The JDK caches the answers. Address literals need no resolution.
 */
public final class Resolver extends AddressResolverGroup<InetSocketAddress> {
  /** The one resolver; it has no state of its own. */
  public static final Resolver GROUP = new Resolver();

  private Resolver() {}

  /** The address, resolved already if it is a literal. */
  static InetSocketAddress address(HostPort hostPort) {
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(hostPort.host());
    if (literal == null) {
      return InetSocketAddress.createUnresolved(hostPort.host(), hostPort.port());
    }
    try {
      return new InetSocketAddress(InetAddress.getByAddress(literal), hostPort.port());
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address of " + literal.length + " octets", e);
    }
  }

  @Override
  protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
    return new InetSocketAddressResolver(executor, new JdkResolver(executor));
  }

  private static final class JdkResolver extends InetNameResolver {
    JdkResolver(EventExecutor executor) {
      super(executor);
    }

    @Override
    protected void doResolve(String name, Promise<InetAddress> promise) {
      Thread.startVirtualThread(
          () -> {
            try {
              promise.trySuccess(InetAddress.getByName(name));
            } catch (UnknownHostException e) {
              promise.tryFailure(e);
            }
          });
    }

    @Override
    protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
      Thread.startVirtualThread(
          () -> {
            try {
              promise.trySuccess(List.of(InetAddress.getAllByName(name)));
            } catch (UnknownHostException e) {
              promise.tryFailure(e);
            }
          });
    }
  }
}
