import { navigate } from "../../state/location.ts";
import styles from "./data.module.css";
import { leaveFile } from "./pendingFile.ts";
import { DropZone } from "./wizard/DropZone.tsx";

/** In place of pages of zeros while there are no sales at all. */
export default function FirstRun() {
  function begin(file: File) {
    leaveFile(file);
    navigate("/data");
  }
  return (
    <section className={styles.first} aria-labelledby="first-run">
      <h2 id="first-run">There are no sales yet</h2>
      <p>
        Give the dashboard the file that your shop exports. You see what was understood before
        anything is booked, and can take it back.
      </p>
      <DropZone onFile={begin} limit={null} />
      <p className={styles.muted}>
        To look around first, generate sales: <code>shopx seed --orders 20000</code>, or{" "}
        <code>demo</code> in the manifest. Programs record orders through the API. This page fills
        as soon as there are sales.
      </p>
    </section>
  );
}
