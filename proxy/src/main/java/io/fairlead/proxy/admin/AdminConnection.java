package io.fairlead.proxy.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fairlead.proxy.admin.AdminPage.Answer;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of an operator. It serves one request after the other; whoever sends the next one
 * before the answer to the last is cut off.
 */
final class AdminConnection extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger LOG = LoggerFactory.getLogger(AdminConnection.class);

  private final Map<String, AdminPage> pages;
  private boolean answering;

  AdminConnection(Map<String, AdminPage> pages) {
    this.pages = pages;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
    if (answering) {
      context.close();
      return;
    }
    answering = true;
    boolean keep = HttpUtil.isKeepAlive(request) && request.decoderResult().isSuccess();
    boolean head = request.method().equals(HttpMethod.HEAD);
    answer(request)
        .whenComplete(
            (answer, failure) ->
                context.executor().execute(() -> send(context, answer, failure, keep, head)));
  }

  private CompletionStage<Answer> answer(FullHttpRequest request) {
    if (!request.decoderResult().isSuccess()) {
      return done(Answer.text(400, "not a request of HTTP/1.1"));
    }
    // Pages of other origins that a browser shows on this machine have no business here.
    if (request.headers().contains(HttpHeaderNames.ORIGIN)) {
      return done(Answer.text(403, "not for pages of a browser"));
    }
    String uri = request.uri();
    int query = uri.indexOf('?');
    String path = query < 0 ? uri : uri.substring(0, query);
    if (path.equals("/") || path.equals("/help")) {
      return done(Answer.text(200, AdminServer.index(pages)));
    }
    AdminPage page = pages.get(path);
    if (page == null) {
      return done(Answer.text(404, "no page " + path + "; GET / lists them"));
    }
    if (!allows(page.method(), request.method())) {
      return done(Answer.notAllowed(page.method()));
    }
    try {
      AdminPage.Method asked =
          request.method().equals(HttpMethod.POST) ? AdminPage.Method.POST : AdminPage.Method.GET;
      return page.content().answer(AdminQuery.of(asked, query < 0 ? "" : uri.substring(query + 1)));
    } catch (IllegalArgumentException wrong) {
      return done(Answer.text(400, String.valueOf(wrong.getMessage())));
    }
  }

  private static boolean allows(AdminPage.Method page, HttpMethod asked) {
    return switch (page) {
      case GET -> asked.equals(HttpMethod.GET) || asked.equals(HttpMethod.HEAD);
      case POST -> asked.equals(HttpMethod.POST);
      case GET_OR_POST ->
          allows(AdminPage.Method.GET, asked) || allows(AdminPage.Method.POST, asked);
    };
  }

  private static CompletionStage<Answer> done(Answer answer) {
    return CompletableFuture.completedFuture(answer);
  }

  private void send(
      ChannelHandlerContext context,
      @Nullable Answer made,
      @Nullable Throwable failure,
      boolean keep,
      boolean head) {
    if (failure != null) {
      LOG.warn("an admin page failed", failure);
    }
    Answer answer = made == null ? Answer.text(500, String.valueOf(failure)) : made;
    if (answer.feed().isPresent()) {
      var following = new FeedConnection(answer.feed().get());
      context.pipeline().addLast(following);
      following.begin(answer.type());
      return;
    }
    byte[] content = answer.text().getBytes(UTF_8);
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(answer.status()),
            Unpooled.wrappedBuffer(head ? new byte[0] : content));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, answer.type())
        .set(HttpHeaderNames.CONTENT_LENGTH, content.length)
        .set(HttpHeaderNames.CACHE_CONTROL, HttpHeaderValues.NO_STORE);
    answer
        .allow()
        .ifPresent(method -> response.headers().set(HttpHeaderNames.ALLOW, method.allow()));
    if (!keep) {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    answering = false;
    var written = context.writeAndFlush(response);
    if (!keep) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof IOException)) {
      LOG.debug("an admin connection failed: {}", cause.toString());
    }
    context.close();
  }
}
