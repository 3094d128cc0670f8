package io.fairlead.testkit.tidy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** Which module of ours depends on which, as the poms have it. Immutable. */
record ModuleGraph(List<Dependency> dependencies, Set<String> modules) {
  private static final String PREFIX = "fairlead-";

  /** Scope is Maven's; {@code compile} where the pom says nothing. */
  record Dependency(String from, String to, String scope) {}

  static ModuleGraph of(Repository repository) throws IOException {
    var dependencies = new ArrayList<Dependency>();
    var modules = new TreeSet<String>();
    for (var pom : repository.modulePoms()) {
      var module = repository.root().relativize(pom).getName(0).toString();
      modules.add(module);
      var elements = parse(pom).getElementsByTagName("dependency");
      for (int i = 0; i < elements.getLength(); i++) {
        var dependency = (Element) elements.item(i);
        var artifact = text(dependency, "artifactId", "");
        if (artifact.startsWith(PREFIX)) {
          var to = artifact.substring(PREFIX.length());
          dependencies.add(new Dependency(module, to, text(dependency, "scope", "compile")));
        }
      }
    }
    return new ModuleGraph(List.copyOf(dependencies), Set.copyOf(modules));
  }

  /** What each module needs to compile or run, apart from its tests. */
  Map<String, Set<String>> production() {
    var graph = new TreeMap<String, Set<String>>();
    modules.forEach(module -> graph.put(module, new TreeSet<>()));
    for (var dependency : dependencies) {
      if (!dependency.scope().equals("test")) {
        graph.getOrDefault(dependency.from(), Set.of()).add(dependency.to());
      }
    }
    return graph;
  }

  static Document parse(Path pom) throws IOException {
    try {
      return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(pom.toFile());
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException("cannot read " + pom, e);
    }
  }

  private static String text(Element parent, String name, String otherwise) {
    var elements = parent.getElementsByTagName(name);
    return elements.getLength() == 0 ? otherwise : elements.item(0).getTextContent().strip();
  }
}
