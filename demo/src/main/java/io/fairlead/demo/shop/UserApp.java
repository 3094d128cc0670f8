package io.fairlead.demo.shop;

/** Who orders: {@code GET /users/ID}. */
final class UserApp {
  private final HttpApp app;

  UserApp(HttpApp app) {
    this.app = app;
  }

  void start() {
    app.get(
            "/users/{id}",
            (request, body) -> {
              var id = request.path().pathParameters().get("id");
              return HttpApp.Answer.ok(
                  HttpApp.object().put("id", id).put("name", "Customer " + id));
            })
        .start();
  }
}
