package io.fairlead.proxy.admin;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What the admin port does for one path.
 *
 * @param method that it is asked with
 * @param summary for the index, in a few words
 * @param content makes the answer; called on the side loop, so it must not block
 */
public record AdminPage(Method method, String summary, Content content) {
  /** How a page is asked for. */
  public enum Method {
    /** Tells something; HEAD too. */
    GET,
    /** Does something. */
    POST,
    /** Tells or does something, as it is asked. */
    GET_OR_POST;

    /** As {@code Allow} lists it. */
    String allow() {
      return this == GET_OR_POST ? "GET, POST" : name();
    }
  }

  /** Makes an answer. */
  @FunctionalInterface
  public interface Content {
    /**
     * Answers.
     *
     * @throws IllegalArgumentException if the query is wrong; the message names parameter, value
     *     and rule, and is answered with 400
     */
    CompletionStage<Answer> answer(AdminQuery query);
  }

  /**
   * An answer.
   *
   * @param status the HTTP status
   * @param type of the content
   * @param text the content
   * @param allow the method to ask with instead, where the one asked with is not allowed
   * @param feed what follows the text bit by bit
   */
  public record Answer(
      int status, String type, String text, Optional<Method> allow, Optional<AdminFeed> feed) {
    public Answer(int status, String type, String text) {
      this(status, type, text, Optional.empty(), Optional.empty());
    }

    /** Content that comes bit by bit, with status 200. */
    public static Answer feed(String type, AdminFeed feed) {
      return new Answer(200, type, "", Optional.empty(), Optional.of(feed));
    }

    /** A short text. */
    public static Answer text(int status, String text) {
      return new Answer(status, "text/plain; charset=utf-8", text + "\n");
    }

    /** Lines with status 200. */
    public static Answer lines(String lines) {
      return new Answer(200, "text/plain; charset=utf-8", lines);
    }

    /** JSON with status 200. */
    public static Answer json(String json) {
      return new Answer(200, "application/json", json);
    }

    static Answer notAllowed(Method instead) {
      String text = "to be asked for with " + instead.allow() + "\n";
      return new Answer(
          405, "text/plain; charset=utf-8", text, Optional.of(instead), Optional.empty());
    }
  }
}
