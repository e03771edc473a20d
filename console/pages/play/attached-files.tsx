/** Shows the files of a sent message; images as pictures. */
import { useEffect, useState } from 'preact/hooks'
import { isShownImage } from '../../components/media.tsx'
import { bytes } from '../../state/format.ts'

export function AttachedFiles({ files }: { readonly files: readonly File[] }) {
  return (
    <>
      {files.map((file, index) => (
        <AttachedFile key={index} file={file} />
      ))}
    </>
  )
}

function AttachedFile({ file }: { readonly file: File }) {
  const [address, setAddress] = useState('')
  useEffect(() => {
    if (!isShownImage(file.type)) return
    const url = URL.createObjectURL(file)
    setAddress(url)
    return () => URL.revokeObjectURL(url)
  }, [file])
  if (address !== '')
    return <img class="attached" src={address} alt={file.name} title={file.name} />
  return (
    <span class="chip">
      {file.name} · {bytes(file.size)}
    </span>
  )
}
