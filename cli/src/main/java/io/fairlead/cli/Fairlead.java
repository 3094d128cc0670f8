package io.fairlead.cli;

import java.io.IOException;
import java.security.Security;
import java.util.Arrays;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command {@code fairlead}. Exit codes: 0 done, 1 failed, 2 wrong usage. */
@Command(
    name = "fairlead",
    description = "One system for everything that services need on the wire.",
    mixinStandardHelpOptions = true,
    versionProvider = Fairlead.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    footer = {"", "Run 'fairlead COMMAND --help' for the options of a command."},
    subcommands = {
      UpCommand.class,
      SidecarCommand.class,
      GatewayCommand.class,
      ApplyCommand.class,
      GetCommand.class,
      DeleteCommand.class,
      ValidateCommand.class,
      ServicesCommand.class,
      ProxyStatusCommand.class,
      ProxyConfigCommand.class,
      TapCommand.class,
      TraceCommand.class,
      TracesCommand.class,
      ApiKeyCommand.class,
      InterceptCommand.class,
      WarmUpCommand.class,
    })
public final class Fairlead implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  /** Commands of modules that stand on this one, such as the demo's. */
  public interface Extension {
    /** An object with picocli's annotations. */
    Object command();

    /**
     * Loads what a start of its own processes needs.
     *
     * @param port a free port
     * @param otlp where spans go
     */
    default void warmUp(int port, String otlp) throws IOException, InterruptedException {}
  }

  /** Says what was built. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      var version = Fairlead.class.getPackage().getImplementationVersion();
      return new String[] {"fairlead " + (version == null ? "(unpackaged)" : version)};
    }
  }

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    // A proxy resolves names more often than the JDK forgets them by itself, in seconds.
    Security.setProperty("networkaddress.cache.ttl", "1");
    Security.setProperty("networkaddress.cache.negative.ttl", "1");
    var alone = arguments.length == 0 ? Optional.<Object>empty() : proxy(arguments[0]);
    System.exit(
        alone
            .map(command -> alone(command, arguments))
            .orElseGet(() -> commandLine().execute(arguments)));
  }

  /** Proxies start often and beside others: they neither know nor have what other commands need. */
  private static Optional<Object> proxy(String name) {
    return Optional.ofNullable(
        switch (name) {
          case "sidecar" -> new SidecarCommand();
          case "gateway" -> new GatewayCommand();
          default -> null;
        });
  }

  private static int alone(Object command, String[] arguments) {
    return with(new CommandLine(command).setCommandName("fairlead " + arguments[0]))
        .execute(Arrays.copyOfRange(arguments, 1, arguments.length));
  }

  static CommandLine commandLine() {
    var commandLine = new CommandLine(new Fairlead());
    for (var extension : ServiceLoader.load(Extension.class)) {
      commandLine.addSubcommand(extension.command());
    }
    return with(commandLine);
  }

  private static CommandLine with(CommandLine commandLine) {
    return commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setAbbreviatedOptionsAllowed(false)
        .setExecutionExceptionHandler(
            (failure, command, result) -> {
              command.getErr().println("error: " + message(failure));
              return command.getCommandSpec().exitCodeOnExecutionException();
            });
  }

  private static String message(Throwable failure) {
    var text = failure.getMessage();
    return failure instanceof CommandException && text != null ? text : failure.toString();
  }

  @Override
  public void run() {
    var known = spec;
    if (known != null) {
      throw new CommandLine.ParameterException(known.commandLine(), "A command is required.");
    }
  }
}
