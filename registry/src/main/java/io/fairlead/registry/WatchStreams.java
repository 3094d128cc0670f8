package io.fairlead.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpResponseWriter;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.QueryParams;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.server.ServiceRequestContext;
import io.fairlead.discovery.CatalogEvent;
import io.fairlead.discovery.CatalogJson;
import io.fairlead.discovery.Fault;
import io.fairlead.discovery.InvalidInstanceException;
import io.fairlead.discovery.Problem;
import io.fairlead.discovery.WatchRequest;
import io.fairlead.registry.PublishedCatalog.Cursor;
import io.fairlead.registry.PublishedCatalog.Next;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches over HTTP as server-sent events. The id of an event is the catalog's id, a slash and the
 * version, so that {@code Last-Event-ID} resumes; a keep-alive is an event with an id alone, which
 * moves the watcher on past changes outside its scope.
 *
 * <p>Each stream has a virtual thread that waits for its reader before it looks for more, so a slow
 * reader holds one chunk and a position, and nothing else.
 */
final class WatchStreams {
  private static final Logger LOG = LoggerFactory.getLogger(WatchStreams.class);
  private static final MediaType EVENT_STREAM = MediaType.EVENT_STREAM.withCharset(UTF_8);

  private final PublishedCatalog published;
  private final Duration keepAlive;
  private final Duration slowReaderTimeout;
  private final int maxWatches;
  private final Semaphore permits;

  WatchStreams(RegistrySettings settings, PublishedCatalog published) {
    this.published = published;
    this.keepAlive = settings.keepAlive();
    this.slowReaderTimeout = settings.slowReaderTimeout();
    this.maxWatches = settings.maxWatches();
    this.permits = new Semaphore(maxWatches);
  }

  /** Streams open now. */
  int open() {
    return maxWatches - permits.availablePermits();
  }

  HttpResponse open(ServiceRequestContext ctx) {
    var request = request(ctx.queryParams(), ctx.request().headers().get("last-event-id"));
    if (!permits.tryAcquire()) {
      var detail = "maxWatches: all " + maxWatches + " are open";
      return RegistryHttp.problem(Problem.of(503, "Too many watches", detail));
    }
    ctx.clearRequestTimeout();
    var cursor = published.cursor(request);
    var out = HttpResponse.streaming();
    out.write(
        ResponseHeaders.builder(HttpStatus.OK)
            .contentType(EVENT_STREAM)
            .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
            .build());
    var end =
        out.whenComplete()
            .handle(
                (done, gone) -> {
                  cursor.close();
                  permits.release();
                  return done;
                });
    LOG.debug("watch opened from {}: {}", request, end);
    Thread.ofVirtual().name("fairlead-watch-stream").start(() -> pump(cursor, out));
    return out;
  }

  private void pump(Cursor cursor, HttpResponseWriter out) {
    try (cursor) {
      while (out.isOpen()) {
        HttpData chunk =
            switch (cursor.next(keepAlive)) {
              case Next.Events(var events, long _) -> chunk(events);
              case Next.Idle(long position) -> HttpData.ofUtf8(id(position) + "\n");
              case Next.Ended() -> HttpData.empty();
            };
        if (chunk.isEmpty()) {
          out.close();
        } else if (out.tryWrite(chunk)) {
          out.whenConsumed().get(slowReaderTimeout.toNanos(), TimeUnit.NANOSECONDS);
        }
      }
    } catch (ExecutionException e) {
      LOG.debug("the reader of a watch went away", e);
    } catch (TimeoutException e) {
      LOG.warn("a watch is ended: its reader took nothing for {}", slowReaderTimeout);
      out.abort(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      out.abort(e);
    } catch (RuntimeException e) {
      LOG.error("a watch is ended by a fault", e);
      out.abort(e);
    }
  }

  private HttpData chunk(List<CatalogEvent> events) {
    var text = new ByteArrayOutputStream();
    for (CatalogEvent event : events) {
      var head = id(event.version()) + "event: " + CatalogJson.eventName(event) + "\ndata: ";
      text.writeBytes(head.getBytes(UTF_8));
      text.writeBytes(CatalogJson.event(event));
      text.writeBytes("\n\n".getBytes(UTF_8));
    }
    return HttpData.wrap(text.toByteArray());
  }

  private String id(long version) {
    return "id: " + published.catalogId() + "/" + version + "\n";
  }

  /** The query decides; without {@code from}, the id of the last event that a browser repeats. */
  private WatchRequest request(QueryParams query, @Nullable String lastEventId) {
    var service = Optional.ofNullable(query.get("service")).filter(name -> !name.isEmpty());
    var from = query.get("from");
    if (from != null) {
      var catalogId = query.get("catalog", published.catalogId());
      return new WatchRequest(service, catalogId, version("from", from));
    }
    if (lastEventId != null) {
      int slash = Math.max(lastEventId.lastIndexOf('/'), 0);
      var version = version("last-event-id", lastEventId.substring(slash).replaceFirst("^/", ""));
      return new WatchRequest(service, lastEventId.substring(0, slash), version);
    }
    return new WatchRequest(service, "", 0);
  }

  private static long version(String field, String text) {
    try {
      long version = Long.parseLong(text);
      if (version >= 0) {
        return version;
      }
    } catch (NumberFormatException e) {
      LOG.debug("{} is not a number", field, e);
    }
    throw new InvalidInstanceException(
        List.of(new Fault(field, text, "must be a version, a whole number from 0 on")));
  }
}
